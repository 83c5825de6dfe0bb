"""The demo's login works at every start; metrics are answered with a database and without one."""

from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import REGISTRY

from bot.commands.serve import DEMO_LOGIN, _first_accounts
from bot.company import Company
from bot.live import RedisLive
from bot.settings import Settings
from bot.storage import accounts, health
from bot.storage.database import Database, make_engine, open_database
from bot.web import build_app
from handoff.console.passwords import is_right
from tests.clock import SettableClock
from tests.contract.turn_support import BrainFailed, GivenBrain, House, echo

ROOT = Path(__file__).resolve().parents[2]


def stored(url: str) -> str:
    database = open_database(url)
    found = database.read_now(lambda tx: accounts.credentials(tx.connection, DEMO_LOGIN))
    database.close()
    assert found is not None
    return found[1]


async def test_the_printed_login_works_after_its_file_was_deleted(
    sqlite_url: str, tmp_path: Path, company: Company
) -> None:
    settings = Settings(database_url=sqlite_url, var=tmp_path)
    passwords = set()
    for _ in range(2):
        login = _first_accounts(settings, company, demo=True)
        assert login is not None
        assert await is_right(login[1], stored(sqlite_url))
        passwords.add(login[1])
        assert _first_accounts(settings, company, demo=True) == login
        assert await is_right(login[1], stored(sqlite_url))
        (tmp_path / "demo-password").unlink()
    assert len(passwords) == 2


async def test_metrics(database: Database, live: RedisLive, company: Company, clock: SettableClock) -> None:
    house = House(database, live, company, clock)
    house.says("a")
    assert await house.turns(GivenBrain(BrainFailed(), echo)).run_once()
    house.advance(60)
    assert await house.turns(GivenBrain(echo)).run_once()
    database.read_now(lambda tx: health.measure(tx.connection, house.now))
    assert REGISTRY.get_sample_value("okienko_turns_done", {"outcome": "answer"}) == 1
    assert REGISTRY.get_sample_value("okienko_turns_repeated") == 1
    assert REGISTRY.get_sample_value("okienko_database") == 1


async def test_metrics_without_a_database(tmp_path: Path, live: RedisLive, redis_url: str) -> None:
    health.WAITING_TURNS.set(3)
    settings = Settings(home=ROOT, redis_url=redis_url)
    database = Database(make_engine(f"sqlite:///{tmp_path / 'empty.db'}"))
    async with TestClient(TestServer(build_app(settings, database, RedisLive(redis_url), demo=False))) as client:
        answer = await client.get("/metrics")
        text = await answer.text()
    database.close()
    assert answer.status == 200
    assert "okienko_database 0.0" in text
    assert "okienko_waiting_turns NaN" in text
