"""The widget's socket: nothing that was released is missing, whenever somebody connects."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

import pytest
from aiohttp import ClientWebSocketResponse, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy.exc import OperationalError

import bot.background
from bot.channels.webchat import Webchat, WebchatChannel
from bot.company import Company
from bot.inbox import Inbox
from bot.live import RedisLive
from bot.outbox import Outbox
from bot.ports import WidgetMessage
from bot.settings import load_settings
from bot.storage.database import Database
from bot.types.effects import Say, TurnResult
from bot.webcontext import WebContext
from tests.clock import SettableClock
from tests.contract.desk_support import our_faq, our_texts
from tests.contract.turn_support import GivenBrain, House

Client = TestClient[web.Request, web.Application]
PATIENCE = 30
P = ParamSpec("P")
T = TypeVar("T")


class SlowStore:
    """The database; a test may hold the answer of its history back, and make it fail for the pushes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.write = database.write
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.read_history = asyncio.Event()
        self.pushed: asyncio.Queue[int] = asyncio.Queue()
        self.failures = 0

    async def read(self, work: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        pushes = work.__name__ == "_released"
        if pushes and self.failures:
            self.failures -= 1
            raise OperationalError("SELECT", {}, Exception("the server closed the connection"))
        found = await self._database.read(work, *args, **kwargs)
        if pushes and isinstance(found, Sequence):
            self.pushed.put_nowait(sum(isinstance(message, WidgetMessage) for message in found))
        if work.__name__ == "_missed":
            self.read_history.set()
            await self.go_on.wait()
        return found


@pytest.fixture
async def house(database: Database, live: RedisLive, company: Company, clock: SettableClock) -> House:
    database.announce_with(live)
    return House(database, live, company, clock)


@pytest.fixture
async def store(database: Database) -> SlowStore:
    return SlowStore(database)


@pytest.fixture
async def client(house: House, store: SlowStore) -> AsyncIterator[Client]:
    receive = Inbox(house.database, house.company, house.clock).receive
    context = WebContext(
        load_settings({}), house.company, store, house.live, house.clock, our_texts(), our_faq(), receive
    )
    app = web.Application()
    Webchat(context).add_routes(app)
    async with TestClient(TestServer(app)) as made:
        yield made


async def opens(client: Client, after: int = 0, *, hello: bool = False) -> ClientWebSocketResponse:
    more = "&hello=1" if hello else ""
    socket = await client.ws_connect(f"/channels/webchat/ws?brand=modrzew&session=ewa&after={after}{more}")
    if hello:
        assert (await socket.receive_json(timeout=PATIENCE))["type"] == "hello"
    return socket


async def hears(socket: ClientWebSocketResponse, count: int) -> list[str]:
    texts: list[str] = []
    while len(texts) < count:
        frame = await socket.receive_json(timeout=PATIENCE)
        if frame["type"] == "message":
            texts.append(frame["text"])
    return texts


async def answers(house: House, *texts: str) -> None:
    house.says("?")
    await house.turns(GivenBrain(TurnResult("answer", tuple(map(Say, texts))))).run_once()


async def releases(house: House, count: int) -> None:
    outbox = Outbox(house.database, house.live, house.clock, {"webchat": WebchatChannel()})
    for _ in range(count):
        assert await outbox.deliver_once() == 1


async def test_what_is_released_while_the_missed_is_read_comes_after_it(
    house: House, store: SlowStore, client: Client
) -> None:
    await answers(house, "jeden", "dwa", "trzy")
    await releases(house, 2)
    store.go_on.clear()
    socket = await opens(client)
    async with asyncio.timeout(PATIENCE):
        await store.read_history.wait()
        await releases(house, 1)
        while await store.pushed.get() < 3:
            pass
        while await store.pushed.get() < 3:  # a second look: all of the first was handed to the window
            pass
    store.go_on.set()
    assert await hears(socket, 3) == ["jeden", "dwa", "trzy"]
    await answers(house, "cztery")
    await releases(house, 1)
    assert await hears(socket, 1) == ["cztery"]  # and nothing twice


async def test_an_own_message_does_not_hide_an_earlier_answer(house: House, client: Client) -> None:
    await answers(house, "odpowiedź")
    house.says("jeszcze coś")
    socket = await opens(client, hello=True)
    assert await hears(socket, 2) == ["?", "jeszcze coś"]
    await releases(house, 1)
    assert await hears(socket, 1) == ["odpowiedź"]


async def test_who_asks_by_the_id_of_a_later_own_message_gets_the_answer_all_the_same(
    house: House, client: Client
) -> None:
    await answers(house, "odpowiedź")
    house.says("jeszcze coś")
    socket = await opens(client, after=3)
    await client.get("/channels/webchat/brands")
    await releases(house, 1)
    assert await hears(socket, 1) == ["odpowiedź"]


async def test_pushes_go_on_after_an_error_of_the_database(
    house: House, store: SlowStore, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.background, "PAUSE_SECONDS", 0.01)
    socket = await opens(client)
    async with asyncio.timeout(PATIENCE):
        await store.read_history.wait()
    store.failures = 2
    await answers(house, "mimo wszystko")
    await releases(house, 1)
    assert await hears(socket, 1) == ["mimo wszystko"]
    assert store.failures == 0
