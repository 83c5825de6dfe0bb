"""Stands for Telegram's Bot API and for the customers behind it.

    async with TelegramSimulator() as telegram:
        ...  # a service with OKIENKO_TELEGRAM_API=telegram.address, OKIENKO_TELEGRAM_TOKEN=telegram.token
        await telegram.customer_says(501, "Zgubiłem kartę")
        [answer] = await telegram.wait_for_messages(501, 1)

Limits, offsets, refusals and their wording follow the Bot API. Updates wait for getUpdates, or are posted to the
webhook once one is set.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.simulators.platform import Failure, Hook, SimulatedPlatform, cut_off, utf16

Json = dict[str, Any]
_LONGEST_TEXT = 4096  # UTF-16 units
_LONGEST_DATA = 64  # bytes


class ApiError(Exception):
    """An error answer of the Bot API."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


@dataclass
class SentMessage:
    """A message that the bot sent."""

    message_id: int
    chat_id: int
    text: str
    reply_markup: Json = field(default_factory=dict)
    business_connection_id: str = ""

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """Title and payload of each inline button."""
        rows = self.reply_markup.get("inline_keyboard", [])
        return [(button["text"], button["callback_data"]) for row in rows for button in row]

    @property
    def keys(self) -> list[Json]:
        """The keys of the reply keyboard."""
        return [key for row in self.reply_markup.get("keyboard", []) for key in row]


class TelegramSimulator(SimulatedPlatform):
    """One bot and its customers. Chats are private ones; a customer's id is the chat's id."""

    def __init__(self, token: str = "123456:simulated-token") -> None:
        super().__init__()
        self.token = token
        self.bot_id = int(token.partition(":")[0])
        self.sent: list[SentMessage] = []
        self.answered: list[str] = []  # ids of callback queries
        self.calls: list[str] = []  # names of methods, in order
        self.webhook_secret = ""
        self.pending: list[Json] = []  # updates that are not confirmed yet
        self.offsets: list[int | None] = []  # of the calls of getUpdates
        self.longest_poll = 50.0  # seconds
        self.held = 0  # messages that were asked for and are not accepted yet
        self._free = asyncio.Event()
        self._free.set()
        self._updates = 1000
        self._messages = 0
        self._polls = 0
        self._chats: set[int] = set()
        self._blocked: set[int] = set()
        self._queries: set[str] = set()
        self._allowed: Sequence[str] = ()

    # ------------------------------------------------------------------ what customers do

    async def customer_says(self, chat_id: int, text: str, **fields: object) -> Json:
        """A text from a customer; `fields` are added to the message. The update."""
        return await self.customer_sends(chat_id, text=text, **fields)

    async def customers_say(self, *said: tuple[int, str]) -> None:
        """Texts (chat, text) that came while nobody polled: the next getUpdates brings all of them."""
        for chat_id, text in said:
            self._updates += 1
            self.pending.append({"update_id": self._updates, "message": self.message_of(chat_id, text=text)})
        await self.notify()

    async def customer_sends(self, chat_id: int, **fields: object) -> Json:
        """Any message from a customer: photo=[...], location={...}, contact={...} ... The update."""
        return await self.push(message=self.message_of(chat_id, **fields))

    async def shares_phone(self, chat_id: int, phone: str, *, owner: int | None = None) -> Json:
        """The contact button: the customer's own number, or the contact of somebody else (`owner`)."""
        contact = {"phone_number": phone, "first_name": "Jan", "user_id": owner or chat_id}
        return await self.customer_sends(chat_id, contact=contact)

    async def presses(self, chat_id: int, payload: str) -> Json:
        """Presses the latest button with that payload; a key of a reply keyboard is pressed by `customer_says`."""
        for message in reversed(self.messages(chat_id)):
            if payload in [data for _, data in message.buttons]:
                break
        else:
            raise AssertionError(f"no button {payload!r} was sent to chat {chat_id}")
        query_id = str(7_000_000 + self._updates)
        self._queries.add(query_id)
        return await self.push(
            callback_query={
                "id": query_id,
                "from": self.user(chat_id),
                "chat_instance": str(chat_id),
                "data": payload,
                "message": {**self._as_message(message), "reply_markup": message.reply_markup},
            }
        )

    async def blocks(self, chat_id: int) -> Json:
        """The customer blocks the bot."""
        self._blocked.add(chat_id)
        member = {"user": {"id": self.bot_id, "is_bot": True, "first_name": "Bot"}}
        return await self.push(
            my_chat_member={
                "chat": self.chat(chat_id),
                "from": self.user(chat_id),
                "date": int(time.time()),
                "old_chat_member": {**member, "status": "member"},
                "new_chat_member": {**member, "status": "kicked", "until_date": 0},
            }
        )

    async def push(self, update_id: int | None = None, **fields: object) -> Json:
        """Any update, with the next id or the given one, on its way to the bot."""
        self._updates = update_id if update_id is not None else self._updates + 1
        update: Json = {"update_id": self._updates, **fields}
        if self._allowed and not set(fields) & set(self._allowed):
            return update
        if self.webhook_url:
            await self.deliver(update)
        else:
            self.pending.append(update)
            await self.notify()
        return update

    async def deliver(self, update: Json) -> int:
        """Posts an update to the webhook; the status."""
        headers = {"Content-Type": "application/json"}
        if self.webhook_secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.webhook_secret
        return await self.post(Hook(json.dumps(update).encode(), headers))

    def message_of(self, chat_id: int, **fields: object) -> Json:
        """A customer's message as the Bot API shows it."""
        self._chats.add(chat_id)
        self._messages += 1
        head = {"message_id": self._messages, "date": int(time.time())}
        return {**head, "chat": self.chat(chat_id), "from": self.user(chat_id), **fields}

    @staticmethod
    def chat(chat_id: int) -> Json:
        """A private chat."""
        return {"id": chat_id, "type": "private", "first_name": "Jan", "last_name": "Kowalski"}

    @staticmethod
    def user(user_id: int) -> Json:
        """A customer."""
        return {"id": user_id, "is_bot": False, "first_name": "Jan", "last_name": "Kowalski", "language_code": "pl"}

    def hold(self) -> None:
        """From now on messages to send are neither accepted nor refused, until `let_go`."""
        self._free.clear()

    def let_go(self) -> None:
        """What is held is accepted, whether or not anybody waits for the answer."""
        self._free.set()

    # ------------------------------------------------------------------ what tests look at

    def messages(self, chat_id: int) -> list[SentMessage]:
        """What the bot sent to a chat, oldest first."""
        return [message for message in self.sent if message.chat_id == chat_id]

    async def wait_for_messages(self, chat_id: int, count: int) -> list[SentMessage]:
        """The messages of a chat, once there are at least `count`."""
        await self.wait_until(lambda: len(self.messages(chat_id)) >= count, f"message {count} to chat {chat_id}")
        return self.messages(chat_id)

    async def wait_for_answers(self, count: int) -> list[str]:
        """The ids of answered presses, once there are at least `count`."""
        await self.wait_until(lambda: len(self.answered) >= count, f"answer {count} to a press")
        return self.answered

    async def wait_until_confirmed(self) -> None:
        """Returns when no update waits for the bot."""
        await self.wait_until(lambda: not self.pending, "the confirmation of all updates")

    # ------------------------------------------------------------------ the Bot API

    def routes(self) -> list[web.RouteDef]:
        """One address for all methods."""
        return [web.route("*", "/bot{token}/{method}", self._on_request)]

    async def _on_request(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        self.calls.append(name)
        failure = self.planned(name)
        try:
            self._check_token(request.match_info["token"])
            given = await _parameters(request)
            if name == "sendMessage" and not self._free.is_set():
                self.held += 1
                await self.notify()
                await self._free.wait()
            if failure is not None and not failure.drop:
                await self.notify()
                return _answer_failure(failure)
            result = await self._perform(name, given)
        except ApiError as error:
            body = {"ok": False, "error_code": error.status, "description": error.description}
            return web.json_response(
                {**body, "parameters": error.parameters} if error.parameters else body, status=error.status
            )
        finally:
            await self.notify()
        if failure is not None:
            cut_off(request)
        return web.json_response({"ok": True, "result": result})

    def _check_token(self, token: str) -> None:
        if token != self.token:
            raise ApiError(401, "Unauthorized")

    async def _perform(self, name: str, given: Mapping[str, Any]) -> object:
        match name:
            case "getMe":
                return {"id": self.bot_id, "is_bot": True, "first_name": "Bot", "username": "simulated_bot"}
            case "getUpdates":
                return await self._get_updates(given)
            case "sendMessage":
                return self._send_message(given)
            case "answerCallbackQuery":
                return self._answer_query(str(given.get("callback_query_id", "")))
            case "setWebhook":
                self.webhook_url, self.webhook_secret = str(given["url"]), str(given.get("secret_token", ""))
                self._allowed = given.get("allowed_updates", self._allowed)
                return True
            case "deleteWebhook":
                self.webhook_url = ""
                return True
        raise ApiError(404, "Not Found: method not found")

    async def _get_updates(self, given: Mapping[str, Any]) -> list[Json]:
        if self.webhook_url:
            raise ApiError(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        offset = given.get("offset")
        self.offsets.append(offset)
        self._allowed = given.get("allowed_updates", self._allowed)
        if offset is not None and any(update["update_id"] < offset for update in self.pending):
            # every update before the offset is confirmed, and forgotten
            self.pending = [update for update in self.pending if update["update_id"] >= offset]
        self._polls += 1
        mine = self._polls
        await self.notify()
        wait = min(float(given.get("timeout", 0)), self.longest_poll)
        try:
            async with asyncio.timeout(wait), self.changed:
                await self.changed.wait_for(lambda: self.pending or self._polls != mine or self.closing)
        except TimeoutError:
            pass
        if self._polls != mine:
            raise ApiError(
                409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
            )
        return self.pending[: int(given.get("limit", 100))]

    def _send_message(self, given: Mapping[str, Any]) -> Json:
        chat_id, text, markup = int(given["chat_id"]), str(given.get("text", "")), given.get("reply_markup") or {}
        business = str(given.get("business_connection_id", ""))
        if chat_id in self._blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        if chat_id not in self._chats:
            raise ApiError(400, "Bad Request: chat not found")
        if not text.strip():
            raise ApiError(400, "Bad Request: message text is empty")
        if utf16(text) > _LONGEST_TEXT:
            raise ApiError(400, "Bad Request: message is too long")
        for button in (button for row in markup.get("inline_keyboard", []) for button in row):
            if not 1 <= len(button.get("callback_data", "").encode()) <= _LONGEST_DATA:
                raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
        if "keyboard" in markup and business:
            raise ApiError(400, "Bad Request: reply keyboards can't be sent on behalf of a business account")
        if any(key.get("request_contact") for row in markup.get("keyboard", []) for key in row) and chat_id < 0:
            raise ApiError(400, "Bad Request: phone number can be requested in private chats only")
        self._messages += 1
        message = SentMessage(self._messages, chat_id, text, markup, business)
        self.sent.append(message)
        return self._as_message(message)

    def _as_message(self, message: SentMessage) -> Json:
        return {
            "message_id": message.message_id,
            "date": int(time.time()),
            "chat": self.chat(message.chat_id),
            "from": {"id": self.bot_id, "is_bot": True, "first_name": "Bot", "username": "simulated_bot"},
            "text": message.text,
        }

    def _answer_query(self, query_id: str) -> bool:
        if query_id not in self._queries:
            raise ApiError(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.answered.append(query_id)
        return True


def flood(seconds: int) -> Failure:
    """429: too many requests, with the time to wait."""
    return Failure(429, _error(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds))


def broken() -> Failure:
    """500: the platform is ill."""
    return Failure(500, _error(500, "Internal Server Error"))


def _error(status: int, description: str, **parameters: int) -> Json:
    body: Json = {"ok": False, "error_code": status, "description": description}
    return {**body, "parameters": parameters} if parameters else body


def _answer_failure(failure: Failure) -> web.Response:
    if isinstance(failure.body, str):
        return web.Response(status=failure.status, text=failure.body)
    return web.json_response(failure.body, status=failure.status)


async def _parameters(request: web.Request) -> dict[str, Any]:
    """Parameters as the Bot API takes them: in the address, as a form, or as JSON."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        given.update(await request.json())
    else:
        given.update({name: str(value) for name, value in (await request.post()).items()})
    for name in ("reply_markup", "allowed_updates"):
        if isinstance(given.get(name), str):
            given[name] = json.loads(given[name])
    for name in ("offset", "limit", "timeout"):
        if name in given:
            given[name] = int(given[name])
    return given
