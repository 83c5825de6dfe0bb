"""The live feed: every change from a cursor on, over a WebSocket.

The feed's rows are kept, so a console that was away asks from its last cursor on and misses nothing. A login that ends
closes the connection within RECHECK.
"""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from aiohttp import WSMsgType, web
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Row

from bot.errors import Unauthorized
from bot.ports import WAKE_LIVE, WAKE_TYPING, Tx
from bot.storage import console
from bot.storage.console import connection_of
from bot.types.desk import Agent
from bot.webcontext import WebContext
from handoff.console.auth import SUBPROTOCOL, who_asks
from handoff.console.http import Call
from handoff.console.schemas import Id, LiveQuery

TYPING_LIMIT = 10  # announcements an agent may make within TYPING_SECONDS
TYPING_SECONDS = 10
BATCH = 500
HEARTBEAT = 20.0  # seconds
LARGEST = 1024  # bytes that a console may send at once
RECHECK = timedelta(seconds=30)
CLOSED_LOGIN = 4401  # our close code: log in again


class _Typing(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["typing"]
    conversation_id: Id


async def live(call: Call) -> web.StreamResponse:
    """Sends changes until the console goes away."""
    context, cursor = call.context, call.query(LiveQuery).cursor
    if cursor is None:
        cursor = await context.store.read(_newest)
    socket = web.WebSocketResponse(protocols=(SUBPROTOCOL,), heartbeat=HEARTBEAT, max_msg_size=LARGEST)
    await socket.prepare(call.request)
    sender = asyncio.create_task(_send(context, call.request, socket, cursor), name="live-send")
    try:
        await _receive(context, call.agent, socket)
    finally:
        sender.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sender
    return socket


async def _send(context: WebContext, request: web.Request, socket: web.WebSocketResponse, cursor: int) -> None:
    checked_at = context.clock.now()
    async for _ in context.live.listen(WAKE_LIVE):
        full = True
        while full:
            rows = await context.store.read(_changes, cursor)
            for row in rows:
                await socket.send_str(_line(row))
                cursor = row.cursor
            full = len(rows) == BATCH
        checked_at = await _still_logged_in(context, request, socket, checked_at)
        if socket.closed:
            return


async def _still_logged_in(
    context: WebContext, request: web.Request, socket: web.WebSocketResponse, checked_at: datetime
) -> datetime:
    now = context.clock.now()
    if now - checked_at < RECHECK:
        return checked_at
    try:
        await who_asks(context, request)
    except Unauthorized:
        await socket.close(code=CLOSED_LOGIN, message=b"log in again")
    return now


async def _receive(context: WebContext, agent: Agent, socket: web.WebSocketResponse) -> None:
    """Passes on that the agent types; anything else that a console sends is not for us."""
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            continue
        try:
            typing = _Typing.model_validate_json(message.data)
        except ValidationError:
            continue
        if not await context.live.allow(f"typing:{agent.id}", TYPING_LIMIT, TYPING_SECONDS):
            continue
        if await context.store.read(_holds, agent.id, typing.conversation_id):
            await context.live.wake([WAKE_TYPING.format(conversation_id=typing.conversation_id)])


def _newest(tx: Tx) -> int:
    return console.newest_cursor(connection_of(tx))


def _changes(tx: Tx, cursor: int) -> Sequence[Row[Any]]:
    return console.changes_after(connection_of(tx), cursor, BATCH)


def _holds(tx: Tx, agent_id: int, conversation_id: int) -> bool:
    return console.holder_of(connection_of(tx), conversation_id) == agent_id


def _line(row: Row[Any]) -> str:
    change = {**row.data, "cursor": row.cursor, "type": row.type, "conversation_id": row.conversation_id}
    return json.dumps(change, ensure_ascii=False)
