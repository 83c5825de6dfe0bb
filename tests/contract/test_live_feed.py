"""The live feed over a WebSocket: it misses nothing, whatever happens to the connection."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError, web
from aiohttp.test_utils import TestClient, TestServer

from bot.company import Company
from bot.live import RedisLive
from bot.ports import WAKE_TYPING
from bot.settings import load_settings
from bot.storage.console import connection_of, newest_cursor
from bot.storage.database import Database
from bot.types.message import InboundEvent
from bot.webcontext import WebContext
from handoff import lifecycle
from handoff.console.http import PREFIX
from handoff.console.live_feed import BATCH, CLOSED_LOGIN, RECHECK
from handoff.console.routes import add_routes
from tests.clock import SettableClock
from tests.contract.desk_support import PASSWORD, Desk

Client = TestClient[web.Request, web.Application]
PATIENCE = 30  # seconds until a test gives up


@pytest.fixture
def desk(database: Database, company: Company, clock: SettableClock) -> Desk:
    return Desk(database, company, clock)


@pytest.fixture
async def client(desk: Desk, live: RedisLive) -> AsyncIterator[Client]:
    async def receive(_events: "list[InboundEvent]") -> None:
        raise AssertionError("the desk receives nothing from channels")

    desk.database.announce_with(live)
    app = web.Application()
    context = WebContext(
        load_settings({}),
        desk.company,
        desk.database,
        live,
        desk.clock,
        desk.texts,
        desk.knowledge,
        receive,  # type: ignore[arg-type]
    )
    add_routes(app, context)
    async with TestClient(TestServer(app)) as made:
        yield made


async def token_of(desk: Desk, client: Client, login: str = "anna") -> str:
    desk.agent(login)
    async with client.post(f"{PREFIX}/login", json={"login": login, "password": PASSWORD}) as response:
        return str((await response.json())["token"])


async def follow(client: Client, token: str, cursor: int | None = None) -> ClientWebSocketResponse:
    query = f"?cursor={cursor}" if cursor is not None else ""
    return await client.ws_connect(
        f"{PREFIX}/live{query}", protocols=("okienko.bearer", f"okienko.bearer.{token}"), autoping=True
    )


async def changes(socket: ClientWebSocketResponse, number: int) -> list[dict[str, Any]]:
    return [await socket.receive_json(timeout=PATIENCE) for _ in range(number)]


def cursor_now(desk: Desk) -> int:
    return desk.read(lambda tx: newest_cursor(connection_of(tx)))


async def test_it_begins_where_it_is_told_and_goes_on(desk: Desk, client: Client) -> None:
    start = cursor_now(desk)
    ours = desk.waiting()
    token = await token_of(desk, client)
    async with await follow(client, token, start) as socket:
        assert socket.protocol == "okienko.bearer"
        before = await changes(socket, cursor_now(desk) - start)
        assert {change["type"] for change in before} == {"message", "conversation", "understood"}
        async with client.post(
            f"{PREFIX}/conversations/{ours}/claim", headers={"Authorization": f"Bearer {token}"}
        ) as response:
            assert response.status == 200
        message, held = await changes(socket, 2)
    assert (message["type"], message["conversation_id"], message["author"]) == ("message", ours, "system")
    assert held == {
        "cursor": message["cursor"] + 1, "type": "conversation", "conversation_id": ours, "holder": "agent",
        "status": "open",
    }  # fmt: skip


async def test_without_a_cursor_it_begins_now(desk: Desk, client: Client) -> None:
    desk.waiting("ewa")
    token = await token_of(desk, client)
    async with await follow(client, token) as socket:
        ours = desk.customer_writes("Dzień dobry", "jan")
        assert (await changes(socket, 1))[0]["conversation_id"] == ours


async def test_reconnecting_with_the_last_cursor_misses_nothing(desk: Desk, client: Client) -> None:
    ours = desk.customer_writes("Dzień dobry")
    token = await token_of(desk, client)
    start = cursor_now(desk)
    seen: list[int] = []
    number = 3 * BATCH // 2  # more than is read at a time

    def many(first: int) -> None:
        def write(tx: Any) -> None:
            for index in range(first, first + number):
                tx.change("message", ours, {"message_id": index, "author": "system"}, desk.now)

        desk.write(write)

    many(0)
    async with await follow(client, token, start) as socket:
        seen += [change["message_id"] for change in await changes(socket, number // 3)]
        last = start + len(seen)
    many(number)  # while nobody listens
    async with await follow(client, token, last) as socket:
        seen += [change["message_id"] for change in await changes(socket, 2 * number - len(seen))]
    assert seen == list(range(2 * number))


async def test_many_who_write_at_once_are_seen_in_the_order_of_cursors(desk: Desk, client: Client) -> None:
    token = await token_of(desk, client)
    anna = desk.read(lambda tx: tx.agent_by_login("anna"))
    assert anna is not None
    ids = [desk.customer_writes("Dzień dobry", f"customer{number}") for number in range(8)]
    start = cursor_now(desk)
    async with await follow(client, token, start) as socket:
        await asyncio.gather(
            *(
                desk.database.write(lifecycle.reply, anna, one, f"notatka {turn}", desk.now, note=True)
                for turn in range(5)
                for one in ids
            )
        )
        told = await changes(socket, 40)
    cursors = [change["cursor"] for change in told]
    assert cursors == sorted(set(cursors))
    assert sorted(change["conversation_id"] for change in told) == sorted(ids * 5)


async def test_the_header_logs_in_as_well(desk: Desk, client: Client) -> None:
    token = await token_of(desk, client)
    async with client.ws_connect(f"{PREFIX}/live?cursor=0", headers={"Authorization": f"Bearer {token}"}) as socket:
        desk.customer_writes("Dzień dobry")
        assert (await changes(socket, 1))[0]["type"] == "message"


@pytest.mark.parametrize("protocols", [(), ("okienko.bearer",), ("okienko.bearer", "okienko.bearer.nonsense")])
async def test_nobody_follows_without_a_login(client: Client, protocols: tuple[str, ...]) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await client.ws_connect(f"{PREFIX}/live", protocols=protocols)
    assert refused.value.status == 401


async def test_it_ends_with_the_login(desk: Desk, client: Client) -> None:
    token = await token_of(desk, client)
    async with await follow(client, token) as socket:
        async with client.post(f"{PREFIX}/logout", headers={"Authorization": f"Bearer {token}"}) as response:
            assert response.status == 204
        desk.clock.advance(seconds=RECHECK.total_seconds())
        ended = await socket.receive(timeout=PATIENCE)
        assert ended.type is WSMsgType.CLOSE
        assert socket.close_code == CLOSED_LOGIN


async def test_typing_is_announced_for_the_holder_only(desk: Desk, client: Client, live: RedisLive) -> None:
    token = await token_of(desk, client)
    ours, others = desk.waiting("ewa"), desk.waiting("jan")
    headers = {"Authorization": f"Bearer {token}"}
    async with client.post(f"{PREFIX}/conversations/{ours}/claim", headers=headers) as response:
        assert response.status == 200
    listening = {one: live.listen(WAKE_TYPING.format(conversation_id=one), every=3600) for one in (ours, others)}
    for listener in listening.values():
        await anext(listener)  # the first comes at once
    heard = {one: asyncio.ensure_future(anext(listener)) for one, listener in listening.items()}
    await asyncio.sleep(0)  # both listen
    async with await follow(client, token) as socket:
        await socket.send_str("nonsense")
        await socket.send_json({"type": "typing", "conversation_id": others})
        await socket.send_json({"type": "typing", "conversation_id": ours})
        await asyncio.wait_for(heard[ours], PATIENCE)
    assert not heard[others].done()  # it was asked first
    heard[others].cancel()
