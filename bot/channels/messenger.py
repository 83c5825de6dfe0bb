"""The Messenger channel: Meta's verification, signed events in, messages out through the Send API.

Events are received (committed) before 200 is answered; Meta repeats whatever it gets no 200 for.
"""

import hashlib
import hmac
from collections.abc import Mapping

import aiohttp
from aiohttp import web

from bot.channels.messenger_events import CHANNEL, translate
from bot.channels.messenger_sending import outcome, request_body
from bot.channels.wire import deep_links, read_body, read_object, refusal, same_secret
from bot.company import Brand
from bot.ports import Clock
from bot.settings import Settings
from bot.types.message import UNCONFIRMED, Author, Delivery, Later, OutboundMessage, Refused
from bot.webcontext import Receive

WEBHOOK_PATH = "/channels/messenger/webhook"
SIGNATURE_HEADER = "X-Hub-Signature-256"
_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10)  # seconds


class MessengerChannel:
    """Implements `ports.Channel` for one Page."""

    name: str = CHANNEL

    def __init__(self, settings: Settings, brands: Mapping[str, Brand], clock: Clock, receive: Receive) -> None:
        self._page_token = settings.messenger_page_token.get_secret_value()
        self._app_secret = settings.messenger_app_secret.get_secret_value()
        self._verify_token = settings.messenger_verify_token.get_secret_value()
        self._send_address = f"{settings.messenger_api}/me/messages"
        self._links = deep_links(brands)
        self._clock = clock
        self._receive = receive
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Makes ready to send; needs no network at once."""
        if self._session is None:
            # the token travels in a header: addresses end up in logs
            headers = {"Authorization": f"Bearer {self._page_token}"}
            self._session = aiohttp.ClientSession(headers=headers, timeout=_TIMEOUT)

    async def stop(self) -> None:
        """Closes the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def routes(self) -> list[web.RouteDef]:
        """Verification and events."""
        return [web.get(WEBHOOK_PATH, self._on_verification), web.post(WEBHOOK_PATH, self._on_webhook)]

    async def send(self, message: OutboundMessage) -> Delivery:
        """Sends one message; never raises for what Meta or the network does."""
        if message.author is Author.NOTE:
            return Refused("note_is_internal")
        body = request_body(message, self._clock.now())
        if body is None:
            return Refused("window_closed")
        await self.start()
        assert self._session is not None
        try:
            # a redirect would carry the token elsewhere
            async with self._session.post(self._send_address, json=body, allow_redirects=False) as response:
                return outcome(response.status, await response.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return Later("network")
        except (aiohttp.ClientError, TimeoutError):
            return Later(UNCONFIRMED)  # it may have been taken; its echo would tell

    async def _on_verification(self, request: web.Request) -> web.Response:
        query = request.query
        if query.get("hub.mode") != "subscribe" or not same_secret(
            query.get("hub.verify_token", ""), self._verify_token
        ):
            return refusal(403, "forbidden", "the verify token is missing or wrong")
        return web.Response(text=query.get("hub.challenge", ""), headers={"X-Content-Type-Options": "nosniff"})

    async def _on_webhook(self, request: web.Request) -> web.Response:
        body = await read_body(request)
        if body is None:
            return refusal(413, "too_large", "the body is larger than 1 MiB")
        if not self._signed(body, request.headers.get(SIGNATURE_HEADER, "")):
            return refusal(403, "forbidden", "the signature is missing or wrong")
        payload = read_object(body)
        if payload is None:
            return refusal(400, "malformed", "the body is not a JSON object")
        await self._receive(translate(payload, self._links, self._clock.now()))
        return web.Response(text="EVENT_RECEIVED")

    def _signed(self, body: bytes, signature: str) -> bool:
        # the hash is always SHA-256, whatever the header calls it
        expected = hmac.new(self._app_secret.encode(), body, hashlib.sha256).hexdigest()
        return bool(self._app_secret) and same_secret(signature, f"sha256={expected}")
