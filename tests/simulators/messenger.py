"""Stands for Meta: the Send API, and the signed webhook with the customers behind it.

async with MessengerSimulator() as messenger:
    messenger.webhook_url = "http://.../channels/messenger/webhook"
    ...  # a service with OKIENKO_MESSENGER_API=messenger.api and the simulator's tokens
    await messenger.customer_says("9001", "Zgubiłem kartę")
    [answer] = await messenger.wait_for_messages("9001", 1)
"""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.simulators.platform import Failure, Hook, SimulatedPlatform, cut_off, utf16

Json = dict[str, Any]
PAGE_INBOX_APP = 263902037430900  # Meta's own inbox
_LONGEST_TEXT = 2000
_LONGEST_TITLE = 20
_LONGEST_PAYLOAD = 1000
_MOST_QUICK_REPLIES = 13
_TAGS = {"HUMAN_AGENT"}


class GraphError(Exception):
    """An error answer of the Graph API."""

    def __init__(self, status: int, code: int, subcode: int | None, message: str) -> None:
        super().__init__(message)
        self.failure = graph_error(status, code, subcode, message)


@dataclass
class SentMessage:
    """A message that the service sent."""

    mid: str
    psid: str
    text: str
    metadata: str = ""
    messaging_type: str = ""
    tag: str = ""
    quick_replies: list[Json] = field(default_factory=list)

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """Title and payload of each text quick reply."""
        return [(one["title"], one["payload"]) for one in self.quick_replies if one["content_type"] == "text"]

    @property
    def asks_phone(self) -> bool:
        """Whether it offers to share the phone number."""
        return any(one["content_type"] == "user_phone_number" for one in self.quick_replies)


class MessengerSimulator(SimulatedPlatform):
    """One Page and its customers. Set `webhook_url` to the service's address."""

    def __init__(
        self,
        page_token: str = "simulated-page-token",
        app_secret: str = "simulated-app-secret",
        verify_token: str = "simulated-verify-token",
        page_id: str = "100200300",
    ) -> None:
        super().__init__()
        self.page_token, self.app_secret, self.verify_token = page_token, app_secret, verify_token
        self.page_id = page_id
        self.sent: list[SentMessage] = []
        self.requests: list[Json] = []  # bodies as they came
        self._events = 0
        self._closed: set[str] = set()
        self._blocked: set[str] = set()

    @property
    def api(self) -> str:
        """The base address with the version, as in OKIENKO_MESSENGER_API."""
        return f"{self.address}/v23.0"

    # ------------------------------------------------------------------ what customers and Meta do

    async def customer_says(self, psid: str, text: str, **fields: object) -> int:
        """A text from a customer; `fields` are added to the message. The webhook's status."""
        return await self.deliver(self.message_event(psid, text=text, **fields))

    async def presses(self, psid: str, payload: str) -> int:
        """Presses the latest quick reply with that payload."""
        for message in reversed(self.messages(psid)):
            for title, data in message.buttons:
                if data == payload:
                    return await self.customer_says(psid, title, quick_reply={"payload": payload})
        raise AssertionError(f"no quick reply {payload!r} was sent to {psid}")

    async def shares_phone(self, psid: str, phone: str) -> int:
        """Presses the phone quick reply: the number is both text and payload."""
        return await self.customer_says(psid, phone, quick_reply={"payload": phone})

    async def postback(self, psid: str, payload: str, title: str = "") -> int:
        """A button of the profile, such as "Get started"."""
        postback = {"mid": self._mid(), "title": title, "payload": payload}
        return await self.deliver(self.event(psid, postback=postback))

    async def person_answers(self, psid: str, text: str) -> int:
        """A person answers in Meta's own inbox: the service sees an echo."""
        message = {"mid": self._mid(), "is_echo": True, "app_id": PAGE_INBOX_APP, "text": text}
        return await self.deliver(self.event(psid, outgoing=True, message=message))

    async def echoes(self, sent: SentMessage, app_id: int = 4711) -> int:
        """The echo of a message of the service."""
        message = {"mid": sent.mid, "is_echo": True, "app_id": app_id, "metadata": sent.metadata, "text": sent.text}
        return await self.deliver(self.event(sent.psid, outgoing=True, message=message))

    async def delivered(self, psid: str, *mids: str) -> int:
        """A delivery receipt."""
        return await self.deliver(self.event(psid, delivery={"mids": list(mids), "watermark": _now()}))

    async def read(self, psid: str) -> int:
        """A read receipt for everything up to now."""
        return await self.deliver(self.event(psid, read={"watermark": _now()}))

    def blocks(self, psid: str) -> None:
        """The customer blocks the Page."""
        self._blocked.add(psid)

    def closes_window(self, psid: str) -> None:
        """More than 24 hours pass: only the tag for people is accepted from now on."""
        self._closed.add(psid)

    def message_event(self, psid: str, **message: object) -> Json:
        """A customer's message."""
        return self.event(psid, message={"mid": self._mid(), **message})

    def event(self, psid: str, *, outgoing: bool = False, **fields: object) -> Json:
        """Any event between a customer and the Page."""
        customer, page = {"id": psid}, {"id": self.page_id}
        sender, recipient = (page, customer) if outgoing else (customer, page)
        return {"sender": sender, "recipient": recipient, "timestamp": _now(), **fields}

    def payload_of(self, *events: Json) -> Json:
        """One payload with several events."""
        return {"object": "page", "entry": [{"id": self.page_id, "time": _now(), "messaging": list(events)}]}

    async def deliver(self, *events: Json) -> int:
        """Posts one signed payload with the events; the status."""
        return await self.post_signed(self.payload_of(*events))

    async def post_signed(self, payload: object) -> int:
        """Posts any payload with a true signature; the status."""
        return await self.post_raw(json.dumps(payload).encode())

    async def post_raw(self, body: bytes, signature: str | None = None) -> int:
        """Posts any bytes, with a true signature unless one is given (empty = none)."""
        signature = self.signature(body) if signature is None else signature
        headers = {"Content-Type": "application/json"}
        if signature:
            headers["X-Hub-Signature-256"] = signature
        return await self.post(Hook(body, headers))

    def signature(self, body: bytes) -> str:
        """The header's value for a body."""
        return "sha256=" + hmac.new(self.app_secret.encode(), body, hashlib.sha256).hexdigest()

    async def verifies(self, token: str | None = None, **query: str) -> tuple[int, str]:
        """Meta's verification of the webhook: status and body."""
        token = self.verify_token if token is None else token
        asked = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444", **query}
        async with aiohttp.ClientSession() as client, client.get(self.webhook_url, params=asked) as response:
            return response.status, await response.text()

    # ------------------------------------------------------------------ what tests look at

    def messages(self, psid: str) -> list[SentMessage]:
        """What was sent to a customer, oldest first."""
        return [message for message in self.sent if message.psid == psid]

    async def wait_for_messages(self, psid: str, count: int) -> list[SentMessage]:
        """The messages to a customer, once there are at least `count`."""
        await self.wait_until(lambda: len(self.messages(psid)) >= count, f"message {count} to {psid}")
        return self.messages(psid)

    # ------------------------------------------------------------------ the Send API

    def routes(self) -> list[web.RouteDef]:
        """The Send API."""
        return [web.post("/{version}/me/messages", self._on_send)]

    async def _on_send(self, request: web.Request) -> web.Response:
        failure = self.planned("send")
        try:
            if failure is not None and not failure.drop:
                return _answer(failure)
            self._check_token(request.headers.get("Authorization", ""))
            body = await request.json()
            self.requests.append(body)
            sent = self._accept(body)
        except GraphError as error:
            return _answer(error.failure)
        finally:
            await self.notify()
        if failure is not None:
            cut_off(request)
        return web.json_response({"recipient_id": sent.psid, "message_id": sent.mid})

    def _check_token(self, authorization: str) -> None:
        if authorization != f"Bearer {self.page_token}":
            raise GraphError(400, 190, None, "Invalid OAuth access token.")

    def _accept(self, body: Json) -> SentMessage:
        psid, message = body["recipient"]["id"], body["message"]
        way, tag = body.get("messaging_type", ""), body.get("tag", "")
        if psid in self._blocked:
            raise GraphError(400, 551, 1545041, "This person isn't available right now.")
        if way == "MESSAGE_TAG" and tag not in _TAGS:
            raise GraphError(400, 100, None, "Invalid parameter: tag")
        if psid in self._closed and way != "MESSAGE_TAG":
            raise GraphError(400, 10, 2018278, "This message is sent outside of allowed window.")
        if way not in ("RESPONSE", "MESSAGE_TAG"):
            raise GraphError(400, 100, None, "Invalid parameter: messaging_type")
        replies = message.get("quick_replies", [])
        _check(message.get("text", ""), replies)
        sent = SentMessage(self._mid(), psid, message["text"], message.get("metadata", ""), way, tag, replies)
        self.sent.append(sent)
        return sent

    def _mid(self) -> str:
        self._events += 1
        return f"m_simulated-{self._events:06d}"


def _check(text: str, replies: list[Json]) -> None:
    titles = [one["title"] for one in replies if one["content_type"] == "text"]
    payloads = [one["payload"] for one in replies if one["content_type"] == "text"]
    good = (
        0 < utf16(text) <= _LONGEST_TEXT
        and len(replies) <= _MOST_QUICK_REPLIES
        and all(0 < len(title) <= _LONGEST_TITLE for title in titles)
        and all(0 < len(payload) <= _LONGEST_PAYLOAD for payload in payloads)
    )
    if not good:
        raise GraphError(400, 100, None, "Invalid parameter")


def graph_error(status: int, code: int, subcode: int | None = None, message: str = "refused") -> Failure:
    """An error of the Graph API, to be planned with `fail("send", ...)`."""
    error: Json = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "simulated"}
    if subcode is not None:
        error["error_subcode"] = subcode
    return Failure(status, {"error": error})


def _answer(failure: Failure) -> web.Response:
    if isinstance(failure.body, str):
        return web.Response(status=failure.status, text=failure.body)
    return web.json_response(failure.body, status=failure.status)


def _now() -> int:
    return int(time.time() * 1000)
