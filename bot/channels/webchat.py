"""The web widget: a WebSocket for each open window.

A message of ours is "sent" as soon as it leaves the outbox: whoever has the window open gets it pushed, whoever comes
back later asks for all after the last message of ours that it has (ours are released in the order of their ids; the
customer's own may be shown before earlier ones of ours). The widget knows messages by their ids, so a repeat shows
nothing twice; and it keeps its own messages until they are acknowledged, which happens after they are committed.

That an agent types is passed on to the windows of the agent's conversation as it is announced, and kept nowhere.
"""

import asyncio
import logging
import math
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, hdrs, web

from bot.background import for_ever
from bot.channels.webchat_frames import error_frame, event_of, message_frame, named_id, read_frame
from bot.errors import Malformed, NotFound
from bot.ports import WAKE_TYPING, WAKE_WEBCHAT, Tx, WidgetConversation, WidgetMessage
from bot.types.conversation import Holder
from bot.types.languages import Language, is_language
from bot.types.message import Author, Delivered, Delivery, OutboundMessage
from bot.webcontext import WebContext

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
FRAME_BYTES = 1 << 20
HEARTBEAT_SECONDS = 25.0
SESSION = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
#: How far back a push looks: other processes' clocks may differ by this much.
OVERLAP = timedelta(seconds=10)
#: The widget runs in other sites' pages: these two answers are the same for everybody and may be read there.
FOR_ALL_SITES = {hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*"}
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
    language: str  # as the widget asked for it
    after: int  # messages of ours up to this id are there already
    shown: set[int] = field(default_factory=set)  # ids
    held: list[WidgetMessage] | None = field(default_factory=list)  # what is pushed while what was missed is read
    typing: asyncio.Task[None] | None = None  # passes on that an agent types, once there is a conversation

    async def push(self, message: WidgetMessage) -> None:
        """A message was released."""
        if self.held is not None:
            self.held.append(message)
        elif message.id > self.after:
            await self._show(message)

    async def replay(self, messages: Sequence[WidgetMessage]) -> None:
        """What was missed comes first, then what was held back meanwhile, then pushes."""
        for message in messages:
            await self._show(message)
        while self.held:
            message = self.held.pop(0)
            if message.id > self.after:
                await self._show(message)
        self.held = None

    async def _show(self, message: WidgetMessage) -> None:
        if message.id not in self.shown:
            self.shown.add(message.id)
            await self.socket.send_json(message_frame(message))


class Webchat:
    """The widget's routes and its open windows."""

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._windows: dict[str, set[_Window]] = defaultdict(set)
        self._seen = context.clock.now()  # up to then all that was released has been pushed

    def add_routes(self, app: web.Application) -> None:
        """Adds the widget's routes; its windows are served while the app runs."""
        app.router.add_get("/widget.js", self._script)
        app.router.add_get("/channels/webchat/ws", self._socket)
        app.router.add_get("/channels/webchat/brands", self._brands)
        app.cleanup_ctx.append(self._pushing)

    async def _script(self, _request: web.Request) -> web.StreamResponse:
        headers = {hdrs.CACHE_CONTROL: "no-cache", **FOR_ALL_SITES}
        return web.FileResponse(STATIC / "widget.js", headers=headers)

    async def _brands(self, _request: web.Request) -> web.Response:
        brands = self._context.company.brands
        return web.json_response(
            {key: {"name": brand.name, "colour": brand.colour, "site": brand.site} for key, brand in brands.items()},
            headers=FOR_ALL_SITES,
        )

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        window = self._window(request)
        await window.socket.prepare(request)
        if "hello" in request.query:
            await window.socket.send_json(self._hello(window))
        self._windows[window.session].add(window)
        try:
            await self._replay(window, own="hello" in request.query)
            async for frame in window.socket:
                if frame.type is WSMsgType.TEXT:
                    await self._receive(window, frame.data)
        except ConnectionError:
            log.debug("a widget went away while it was written to")
        finally:
            if window.typing is not None:
                window.typing.cancel()
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
        return _Window(socket, session, brand, request.query.get("lang", ""), int(after))

    def _hello(self, window: _Window) -> dict[str, Any]:
        looks = self._context.company.brands[window.brand]
        language = _language(window.language) or looks.default_language
        return {
            "type": "hello",
            "brand": {"name": looks.name, "colour": looks.colour},
            "language": language,
            "texts": self._context.texts.group("widget.", language),
        }

    async def _replay(self, window: _Window, *, own: bool) -> None:
        unreleased, history = await self._context.store.read(_missed, window.session, window.brand, window.after)
        if unreleased is not None:  # whoever asked by the id of a later message of their own has not got it
            window.after = min(window.after, unreleased - 1)
        await self._conversation(window)
        await window.replay([message for message in history if own or message.author is not Author.CUSTOMER])

    async def _receive(self, window: _Window, data: str) -> None:
        client_id = ""
        try:
            frame = read_frame(data)
            client_id = named_id(frame)
            event = event_of(frame, window.brand, window.session, window.language)
        except Malformed as error:
            await window.socket.send_json(error_frame(error.code, error.message, client_id))
            return
        if not await self._context.live.allow(f"webchat:{window.session}", MESSAGES_A_MINUTE, 60):
            # not acknowledged: the widget sends it again later
            await window.socket.send_json(error_frame("too_many", "slow down, please", client_id))
            return
        await self._context.receive([event])
        await window.socket.send_json({"type": "ack", "id": client_id})
        conversation = await self._conversation(window)
        if conversation is not None and conversation.holder is Holder.ASSISTANT:
            await window.socket.send_json({"type": "typing"})

    async def _conversation(self, window: _Window) -> WidgetConversation | None:
        """The window's conversation as it is now; from the first time on, its agent's typing is passed on."""
        session, brand = window.session, window.brand
        found = await self._context.store.read(lambda tx: tx.widget_conversation(session, brand))
        if found is not None and window.typing is None:
            window.typing = asyncio.create_task(self._pass_typing(window, found.id), name="webchat-typing")
        return found

    async def _pass_typing(self, window: _Window, conversation_id: int) -> None:
        # idle until it is announced; without Redis nobody learns of typing, and nothing else is amiss
        announced = self._context.live.listen(WAKE_TYPING.format(conversation_id=conversation_id), every=math.inf)
        await anext(announced)  # the first comes at once and means nothing
        try:
            async for _ in announced:
                await window.socket.send_json({"type": "typing"})
        except ConnectionError:
            log.debug("a widget went away while its agent typed")

    async def _pushing(self, app: web.Application) -> Any:
        task = asyncio.create_task(for_ever(self._push, "webchat"), name="webchat-push")
        yield
        task.cancel()
        for window in [window for windows in self._windows.values() for window in windows]:
            await window.socket.close(code=WSCloseCode.GOING_AWAY)

    async def _push(self) -> None:
        async for _ in self._context.live.listen(WAKE_WEBCHAT):
            sessions, now = list(self._windows), self._context.clock.now()
            released = await self._context.store.read(_released, sessions, self._seen - OVERLAP) if sessions else ()
            self._seen = now  # only now: had the database failed, the next look would go back as far
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


def _missed(tx: Tx, session: str, brand: str, after: int) -> tuple[int | None, Sequence[WidgetMessage]]:
    unreleased = tx.widget_unreleased(session, brand)  # first: what is released meanwhile is pushed, or read below
    return unreleased, tx.widget_history(session, brand, after)


def _released(tx: Tx, sessions: Collection[str], since: datetime) -> Sequence[WidgetMessage]:
    return tx.widget_released(sessions, since)


def _language(asked: str) -> Language | None:
    code = asked[:2].lower()
    return code if is_language(code) else None
