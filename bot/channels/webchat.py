"""The web widget: a WebSocket for each open window.

A message of ours is "sent" as soon as it leaves the outbox: whoever has the window open gets it pushed, whoever comes
back later asks for all after the last id it has. The widget knows messages by their ids, so a repeat shows nothing
twice; and it keeps its own messages until they are acknowledged, which happens after they are committed.
"""

import asyncio
import json
import logging
import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from bot.errors import Malformed, NotFound
from bot.ports import WAKE_WEBCHAT, Tx, WidgetMessage
from bot.types.conversation import Holder
from bot.types.languages import Language, is_language
from bot.types.message import Author, Delivered, Delivery, EventKind, InboundEvent, OutboundMessage
from bot.webcontext import WebContext

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
FRAME_BYTES = 1 << 20
HEARTBEAT_SECONDS = 25.0
SESSION = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
CLIENT_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
#: How far back a push looks: other processes' clocks may differ by this much.
OVERLAP = timedelta(seconds=10)
#: More than a person types, less than a flood.
MESSAGES_A_MINUTE = 60


class WebchatChannel:
    """Implements `ports.Channel`; sending is releasing, the sockets do the rest."""

    name = "webchat"

    async def send(self, message: OutboundMessage) -> Delivery:
        """The message may be shown from now on."""
        return Delivered()


@dataclass(eq=False, slots=True)
class _Window:
    """One open widget."""

    socket: web.WebSocketResponse
    session: str
    brand: str
    last_id: int

    async def push(self, message: WidgetMessage) -> None:
        if message.id > self.last_id:
            self.last_id = message.id
            await self.socket.send_json(_frame(message))


class Webchat:
    """The widget's routes and its open windows."""

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._windows: dict[str, set[_Window]] = defaultdict(set)

    def add_routes(self, app: web.Application) -> None:
        """Adds the widget's routes; its windows are served while the app runs."""
        app.router.add_get("/widget.js", self._script)
        app.router.add_get("/channels/webchat/ws", self._socket)
        app.router.add_get("/channels/webchat/brands", self._brands)
        app.cleanup_ctx.append(self._pushing)

    async def _script(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "widget.js", headers={"Cache-Control": "no-cache"})

    async def _brands(self, _request: web.Request) -> web.Response:
        brands = self._context.company.brands
        return web.json_response(
            {key: {"name": brand.name, "colour": brand.colour, "site": brand.site} for key, brand in brands.items()}
        )

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        window = self._window(request)
        await window.socket.prepare(request)
        if "hello" in request.query:
            await window.socket.send_json(self._hello(window.brand, request.query.get("lang", "")))
        self._windows[window.session].add(window)
        try:
            await self._replay(window, own="hello" in request.query)
            async for frame in window.socket:
                if frame.type is WSMsgType.TEXT:
                    await self._receive(window, frame.data, request.query.get("lang", ""))
        except ConnectionError:
            log.debug("a widget went away while it was written to")
        finally:
            self._windows[window.session].discard(window)
            if not self._windows[window.session]:
                del self._windows[window.session]
        return window.socket

    def _window(self, request: web.Request) -> _Window:
        brand = request.query.get("brand", self._context.company.default_brand)
        session, after = request.query.get("session", ""), request.query.get("after", "0") or "0"
        if brand not in self._context.company.brands:
            raise NotFound(f"there is no brand '{brand[:64]}'")
        if not SESSION.fullmatch(session):
            raise Malformed("session must be 1-128 characters of A-Z a-z 0-9 _ . : -")
        if not after.isascii() or not after.isdigit() or len(after) > 18:
            raise Malformed("after must be the id of a message")
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, max_msg_size=FRAME_BYTES)
        return _Window(socket, session, brand, int(after))

    def _hello(self, brand: str, asked: str) -> dict[str, Any]:
        looks = self._context.company.brands[brand]
        language = _language(asked) or looks.default_language
        return {
            "type": "hello",
            "brand": {"name": looks.name, "colour": looks.colour},
            "language": language,
            "texts": self._context.texts.group("widget.", language),
        }

    async def _replay(self, window: _Window, *, own: bool) -> None:
        session, brand, after = window.session, window.brand, window.last_id
        history = await self._context.store.read(lambda tx: tx.widget_history(session, brand, after))
        for message in history:
            if own or message.author is not Author.CUSTOMER:
                await window.push(message)

    async def _receive(self, window: _Window, data: str, asked_language: str) -> None:
        try:
            event = _event(window, data, asked_language)
        except Malformed as error:
            await window.socket.send_json({"type": "error", "code": error.code, "message": error.message})
            return
        if not await self._context.live.allow(f"webchat:{window.session}", MESSAGES_A_MINUTE, 60):
            # not acknowledged: the widget sends it again later
            await window.socket.send_json({"type": "error", "code": "too_many", "message": "slow down, please"})
            return
        await self._context.receive([event])
        client_id = event.external_id.rpartition(":")[2]
        await window.socket.send_json({"type": "ack", "id": client_id})
        session, brand = window.session, window.brand
        holder = await self._context.store.read(lambda tx: tx.widget_holder(session, brand))
        if holder is Holder.ASSISTANT:
            await window.socket.send_json({"type": "typing"})

    async def _pushing(self, app: web.Application) -> Any:
        task = asyncio.create_task(self._push(), name="webchat-push")
        yield
        task.cancel()
        for window in [window for windows in self._windows.values() for window in windows]:
            await window.socket.close(code=WSCloseCode.GOING_AWAY)

    async def _push(self) -> None:
        seen = self._context.clock.now()
        async for _ in self._context.live.listen(WAKE_WEBCHAT):
            sessions = list(self._windows)
            since, seen = seen - OVERLAP, self._context.clock.now()
            if not sessions:
                continue
            released = await self._context.store.read(_released, sessions, since)
            for message in released:
                for window in list(self._windows.get(message.session, ())):
                    if window.brand == message.brand:
                        await self._push_safely(window, message)

    @staticmethod
    async def _push_safely(window: _Window, message: WidgetMessage) -> None:
        try:
            await window.push(message)
        except ConnectionError:
            log.debug("a widget went away; it will ask for what it missed")


def _released(tx: Tx, sessions: Collection[str], since: datetime) -> Sequence[WidgetMessage]:
    return tx.widget_released(sessions, since)


def _language(asked: str) -> Language | None:
    code = asked[:2].lower()
    return code if is_language(code) else None


def _event(window: _Window, data: str, asked_language: str) -> InboundEvent:
    """The event of a frame; Malformed says what is wrong with it."""
    try:
        frame = json.loads(data)
    except ValueError:
        raise Malformed("not JSON") from None
    if not isinstance(frame, Mapping):
        raise Malformed('expected {"id": ..., "text": ...}')
    client_id, text, payload = frame.get("id"), frame.get("text", ""), frame.get("payload", "")
    if not isinstance(client_id, str) or not CLIENT_ID.fullmatch(client_id):
        raise Malformed("id must be a UUID or another 1-64 characters of A-Z a-z 0-9 _ . -")
    if not isinstance(text, str) or not isinstance(payload, str):
        raise Malformed("text and payload must be strings")
    return InboundEvent(
        channel="webchat",
        external_id=f"{window.brand}:{window.session}:{client_id}",
        kind=EventKind.BUTTON if payload else EventKind.TEXT,
        sender=window.session,
        sent_at=datetime.now(UTC),
        text=text,
        payload=payload,
        brand=window.brand,
        locale=asked_language,
    )


def _frame(message: WidgetMessage) -> dict[str, Any]:
    frame: dict[str, Any] = {
        "type": "message",
        "id": message.id,
        "author": message.author.value,
        "text": message.text,
        "at": message.at.isoformat(),
    }
    if message.name:
        frame["name"] = message.name
    if message.buttons:
        frame["buttons"] = [asdict(button) for button in message.buttons]
    if message.author is Author.CUSTOMER:
        frame["client_id"] = message.client_id
    return frame
