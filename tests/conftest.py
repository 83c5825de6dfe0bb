"""Fixtures that all tests share: real servers and databases, a clock to set, the demo company.

Servers are started at first use, once for each test process, and stopped by whoever started them.
"""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis

from bot.company import Company, load_company
from bot.live import RedisLive
from bot.storage.database import Database, open_database
from bot.storage.migrate import migrate
from tests import servers
from tests.clock import SettableClock

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure() -> None:
    """The settings of whoever runs the tests are not the tests' business."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    for name in [name for name in os.environ if name.startswith("OKIENKO_")]:
        if not name.startswith("OKIENKO_TEST_"):
            del os.environ[name]


@pytest.fixture
def clock() -> SettableClock:
    """A Wednesday morning, Warsaw 11:00."""
    return SettableClock(datetime(2026, 3, 4, 10, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def company() -> Company:
    """The demo company of this repository."""
    return load_company(ROOT / "okienko.yml")


@pytest.fixture
def free_port() -> int:
    """A port for a server of the test's own; `servers.free_port()` gives more."""
    return servers.free_port()


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder with the promoted demo model that scripts/test trains."""
    models = ROOT / "models"
    if not (models / "registry.json").is_file():
        pytest.skip("there is no trained model; scripts/test trains one")
    return models


@pytest.fixture(scope="session")
def redis_server() -> Iterator[servers.RedisServer]:
    """This test process's Redis."""
    try:
        with servers.redis_server() as server:
            yield server
    except servers.Unavailable as missing:
        pytest.skip(str(missing))


@pytest.fixture
def redis_url(redis_server: servers.RedisServer) -> str:
    """An empty Redis."""
    with Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
async def live(redis_url: str) -> AsyncIterator[RedisLive]:
    """Announcements over an empty Redis."""
    started = RedisLive(redis_url)
    await started.start()
    yield started
    await started.stop()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.PostgresServer]:
    """This test process's PostgreSQL, with a migrated database `template_okienko` to copy."""
    try:
        with servers.postgres_server() as server:
            server.create_database("template_okienko")
            migrate(server.url("template_okienko"))
            yield server
    except servers.Unavailable as missing:
        pytest.skip(str(missing))


@pytest.fixture
def postgres_url(postgres_server: servers.PostgresServer) -> Iterator[str]:
    """A migrated, empty PostgreSQL database of the test's own."""
    name = postgres_server.create_database(template="template_okienko")
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "okienko.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated, empty SQLite file of the test's own."""
    path = tmp_path / "okienko.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database of the test's own; the test runs once with each kind."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The database of `database_url`, opened."""
    opened = open_database(database_url)
    yield opened
    opened.close()
