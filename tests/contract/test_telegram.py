"""The Telegram channel against a simulated Bot API, through python-telegram-bot's own client and over HTTP."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest

from bot.channels.telegram import SECRET_HEADER, WEBHOOK_PATH, TelegramChannel
from bot.company import Company
from bot.errors import UserMistake
from bot.settings import load_settings
from bot.types.message import Author, Button, Delivered, Delivery, EventKind, Later, OutboundMessage, Refused
from tests.clock import SettableClock
from tests.servers import free_port
from tests.simulators.platform import Failure
from tests.simulators.service import RecordingInbox, serving
from tests.simulators.telegram import TelegramSimulator, broken, flood

SECRET = "Very_secret-1"
ANNA = 501
CONFLICT = {"ok": False, "error_code": 409, "description": "Conflict: terminated by other getUpdates request"}


class Pauses:
    """Waits for no time at all, and remembers for how long it was asked to."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramSimulator]:
    async with TelegramSimulator() as simulator:
        yield simulator


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


class Parts:
    """Builds channels from settings, and stops what it started."""

    def __init__(self, company: Company, clock: SettableClock, inbox: RecordingInbox, pauses: Pauses) -> None:
        self._company, self._clock, self._inbox, self._pauses = company, clock, inbox, pauses

    def channel(self, api: str, **settings: str) -> TelegramChannel:
        names = {"TELEGRAM_API": api, "TELEGRAM_TOKEN": "123456:simulated-token", "TELEGRAM_SECRET": SECRET, **settings}
        loaded = load_settings({f"OKIENKO_{name}": value for name, value in names.items()})
        return TelegramChannel(
            loaded, self._company.brands, self._clock, self._inbox.receive, pause=self._pauses.__call__
        )

    @asynccontextmanager
    async def polling(self, api: str) -> AsyncIterator[TelegramChannel]:
        channel = self.channel(api)
        await channel.start()
        try:
            yield channel
        finally:
            await channel.stop()

    @asynccontextmanager
    async def webhook(self, telegram: TelegramSimulator) -> AsyncIterator[str]:
        """A channel in mode webhook, which Telegram knows of; the webhook's address."""
        channel = self.channel(telegram.address, TELEGRAM_MODE="webhook")
        async with serving(channel.routes()) as address:
            telegram.webhook_url, telegram.webhook_secret = address + WEBHOOK_PATH, SECRET
            try:
                yield telegram.webhook_url
            finally:
                await channel.stop()


@pytest.fixture
def parts(company: Company, clock: SettableClock, inbox: RecordingInbox, pauses: Pauses) -> Parts:
    return Parts(company, clock, inbox, pauses)


def outbound(text: str = "Dzień dobry", **fields: object) -> OutboundMessage:
    message = OutboundMessage(7, 1, "telegram", str(ANNA), Author.ASSISTANT, text, reply_context={"chat_id": str(ANNA)})
    return replace(message, **fields)  # type: ignore[arg-type]


# ---------------------------------------------------------------------- polling


async def test_polling_receives_and_then_confirms(
    telegram: TelegramSimulator, inbox: RecordingInbox, parts: Parts
) -> None:
    first = await telegram.customer_says(ANNA, "Zgubiłem kartę 😱")  # before the service is up
    async with parts.polling(telegram.address):
        await telegram.customer_says(777, "hello")
        events = await inbox.wait_for(2)
        await telegram.wait_until_confirmed()

    assert [(event.sender, event.text) for event in events] == [("501", "Zgubiłem kartę 😱"), ("777", "hello")]
    assert events[0].external_id == f"123456:{first['update_id']}"
    assert telegram.calls[0] == "deleteWebhook"


async def test_polling_removes_a_webhook_that_was_set(
    telegram: TelegramSimulator, inbox: RecordingInbox, parts: Parts
) -> None:
    async with parts.polling(telegram.address):
        await telegram.wait_until(lambda: bool(telegram.offsets))
        telegram.webhook_url = "http://127.0.0.1:9/elsewhere"  # somebody sets one behind our back
        telegram.fail("getUpdates", Failure(409, CONFLICT))
        telegram.pending.append({"update_id": 5, "message": telegram.message_of(ANNA, text="hej")})
        await telegram.notify()
        await inbox.wait_for(1)
        await telegram.wait_until_confirmed()

    assert telegram.webhook_url == ""


async def test_the_offset_moves_only_after_the_commit(
    telegram: TelegramSimulator, inbox: RecordingInbox, parts: Parts, pauses: Pauses
) -> None:
    inbox.failures = 3
    update = await telegram.customer_says(ANNA, "Zgubiłem kartę")
    async with parts.polling(telegram.address):
        await inbox.wait_for(1)
        await telegram.wait_until_confirmed()

    confirmation = update["update_id"] + 1
    # three fetches failed to be stored and the fourth succeeded; only then the offset was sent
    assert telegram.offsets.index(confirmation) == 4
    assert telegram.offsets[:4] == [None] * 4
    assert inbox.failed == 3
    assert len(inbox.events) == 1
    assert pauses.asked[:3] == [1.0, 2.0, 4.0]


async def test_the_offset_is_dropped_once_it_was_understood(
    telegram: TelegramSimulator, inbox: RecordingInbox, parts: Parts
) -> None:
    telegram.longest_poll = 0.05
    async with parts.polling(telegram.address):
        await telegram.push(update_id=999_999, message=telegram.message_of(ANNA, text="przed"))
        await telegram.wait_until(lambda: 1_000_000 in telegram.offsets and telegram.offsets[-1] is None)
        # after a quiet week ids begin anew, lower
        await telegram.push(update_id=5, message=telegram.message_of(ANNA, text="po"))
        events = await inbox.wait_for(2)

    assert [event.text for event in events] == ["przed", "po"]


async def test_polling_survives_everything_the_network_does(
    telegram: TelegramSimulator, inbox: RecordingInbox, parts: Parts, pauses: Pauses, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.fail("deleteWebhook", broken())
    telegram.fail("getUpdates", Failure(502, "<html>bad gateway</html>"))
    telegram.fail("getUpdates", flood(3600))
    telegram.fail("getUpdates", Failure(200, "no JSON"))
    telegram.fail("getUpdates", Failure(drop=True))
    await telegram.customer_says(ANNA, "hej")
    async with parts.polling(telegram.address):
        [event] = await inbox.wait_for(1)
        await telegram.wait_until_confirmed()

    assert event.text == "hej"
    assert pauses.asked[:5] == [1.0, 2.0, 3600.0, 8.0, 16.0]
    assert "hej" not in caplog.text


async def test_a_conflict_is_said_once_and_outlived(
    telegram: TelegramSimulator, inbox: RecordingInbox, parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.fail("getUpdates", Failure(409, CONFLICT, times=4))
    await telegram.customer_says(ANNA, "hej")
    async with parts.polling(telegram.address):
        await inbox.wait_for(1)

    complaints = [record for record in caplog.records if "409 Conflict" in record.getMessage()]
    assert [record.levelno for record in complaints] == [logging.ERROR]


async def test_two_pollers_end_in_a_conflict_and_lose_nothing(
    telegram: TelegramSimulator, inbox: RecordingInbox, parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    async with parts.polling(telegram.address), parts.polling(telegram.address):
        for number in range(5):
            await telegram.customer_says(ANNA, str(number))
        events = await inbox.wait_for(5)

    assert [event.text for event in events] == ["0", "1", "2", "3", "4"]


async def test_an_unreadable_update_is_recorded_and_holds_nothing_up(
    telegram: TelegramSimulator, inbox: RecordingInbox, parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    await telegram.push(message={"text": "tajne 4111"})  # without chat and date
    await telegram.customer_says(ANNA, "hej")
    async with parts.polling(telegram.address):
        events = await inbox.wait_for(2)
        await telegram.wait_until_confirmed()

    assert [(event.kind, event.detail) for event in events] == [
        (EventKind.UNSUPPORTED, "unreadable"),
        (EventKind.TEXT, ""),
    ]
    assert "4111" not in caplog.text


async def test_a_press_is_answered(telegram: TelegramSimulator, inbox: RecordingInbox, parts: Parts) -> None:
    async with parts.polling(telegram.address) as channel:
        await telegram.customer_says(ANNA, "hej")
        await inbox.wait_for(1)
        await channel.send(outbound(buttons=(Button("Tak", "/affirm"), Button("Nie", "/deny"))))
        press = await telegram.presses(ANNA, "/deny")
        events = await inbox.wait_for(2)
        answered = await telegram.wait_for_answers(1)

    assert (events[1].kind, events[1].payload, events[1].text) == (EventKind.BUTTON, "/deny", "Nie")
    assert answered == [press["callback_query"]["id"]]


async def test_a_press_that_cannot_be_answered_is_still_received(
    telegram: TelegramSimulator, inbox: RecordingInbox, parts: Parts
) -> None:
    telegram.fail("answerCallbackQuery", broken())
    async with parts.polling(telegram.address) as channel:
        await telegram.customer_says(ANNA, "hej")
        await inbox.wait_for(1)
        await channel.send(outbound(buttons=(Button("Tak", "/affirm"),)))
        await telegram.presses(ANNA, "/affirm")
        await telegram.wait_until(lambda: "answerCallbackQuery" in telegram.calls)
        await telegram.presses(ANNA, "/affirm")
        await inbox.wait_for(3)
        await telegram.wait_for_answers(1)


# ---------------------------------------------------------------------- webhook


async def test_start_tells_telegram_the_webhook(
    telegram: TelegramSimulator, inbox: RecordingInbox, parts: Parts, pauses: Pauses
) -> None:
    telegram.fail("setWebhook", broken())  # the first try fails
    channel = parts.channel(telegram.address, TELEGRAM_MODE="webhook", PUBLIC_URL="https://bank.example")
    await channel.start()
    await telegram.wait_until(lambda: bool(telegram.webhook_url))
    await channel.stop()

    assert telegram.webhook_url == "https://bank.example/channels/telegram/webhook"
    assert telegram.webhook_secret == SECRET
    assert pauses.asked == [1.0]


async def test_webhook_receives_and_answers_presses(
    telegram: TelegramSimulator, inbox: RecordingInbox, parts: Parts
) -> None:
    async with parts.webhook(telegram):
        await telegram.customer_says(ANNA, "hej")
        assert (await telegram.push(some_future_kind={"id": 1}))["update_id"]
        press = {"id": "7", "from": telegram.user(ANNA), "chat_instance": "1", "data": "/deny"}
        await telegram.push(callback_query={**press, "message": telegram.message_of(ANNA, text="?")})
        await telegram.wait_until(lambda: "answerCallbackQuery" in telegram.calls)

    assert telegram.undelivered == []  # each got its 200
    assert [event.kind for event in inbox.events] == [EventKind.TEXT, EventKind.UNSUPPORTED, EventKind.BUTTON]


async def test_webhook_answers_200_only_after_the_commit(
    telegram: TelegramSimulator, inbox: RecordingInbox, parts: Parts
) -> None:
    inbox.failures = 1
    async with parts.webhook(telegram):
        await telegram.customer_says(ANNA, "hej")
        assert len(telegram.undelivered) == 1
        assert inbox.events == []
        assert await telegram.redeliver() == [200]
        await telegram.deliver({"update_id": 1001, "message": telegram.message_of(ANNA, text="hej")})  # once more

    assert [event.text for event in inbox.events] == ["hej"]


UPDATE = json.dumps({"update_id": 1, "some_future_kind": {}}).encode()


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({SECRET_HEADER: SECRET}, UPDATE, 200),
        ({}, UPDATE, 403),
        ({SECRET_HEADER: ""}, UPDATE, 403),
        ({SECRET_HEADER: SECRET[:-1]}, UPDATE, 403),
        ({SECRET_HEADER: "Żółć"}, UPDATE, 403),
        ({SECRET_HEADER: SECRET + "x"}, b"x" * 3_000_000, 403),  # nothing is read for a stranger
        ({SECRET_HEADER: SECRET}, b"", 400),
        ({SECRET_HEADER: SECRET}, b"{", 400),
        ({SECRET_HEADER: SECRET}, b"\xff\xfe", 400),
        ({SECRET_HEADER: SECRET}, b"[" * 200_000, 400),
        ({SECRET_HEADER: SECRET}, b"[1]", 400),
        ({SECRET_HEADER: SECRET}, b"{}", 400),
        ({SECRET_HEADER: SECRET}, b'{"update_id": "1"}', 400),
        ({SECRET_HEADER: SECRET}, b'{"update_id": true}', 400),
        ({SECRET_HEADER: SECRET}, b'{"update_id": 1' + b"0" * 5000 + b"}", 400),
        ({SECRET_HEADER: SECRET}, b'{"update_id": 1, "x": "' + b"x" * (1024 * 1024) + b'"}', 413),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_the_webhook_refuses(
    headers: dict[str, str],
    body: bytes,
    status: int,
    telegram: TelegramSimulator,
    inbox: RecordingInbox,
    parts: Parts,
) -> None:
    async with (
        parts.webhook(telegram) as address,
        aiohttp.ClientSession() as client,
        client.post(address, data=io.BytesIO(body), headers=headers) as response,
    ):
        answer = await response.text()

    assert response.status == status
    assert len(inbox.batches) == (1 if status == 200 else 0)
    if status != 200:
        assert set(json.loads(answer)["error"]) == {"code", "message"}


async def test_a_body_without_a_length_is_bounded_too(
    telegram: TelegramSimulator, inbox: RecordingInbox, parts: Parts
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b" " * 65536

    async with (
        parts.webhook(telegram) as address,
        aiohttp.ClientSession() as client,
        client.post(address, data=chunks(), headers={SECRET_HEADER: SECRET}) as response,
    ):
        assert response.status == 413


async def test_mode_polling_has_no_webhook(telegram: TelegramSimulator, parts: Parts) -> None:
    channel = parts.channel(telegram.address)
    assert channel.routes() == []
    await channel.stop()


# ---------------------------------------------------------------------- sending


@asynccontextmanager
async def sender(telegram: TelegramSimulator, parts: Parts) -> AsyncIterator[TelegramChannel]:
    """A channel that only sends, to a customer who has written."""
    telegram.message_of(ANNA)
    channel = parts.channel(telegram.address)
    try:
        yield channel
    finally:
        await channel.stop()


@pytest.mark.parametrize("text", ["Dzień dobry", "😀" * 2048, "שלום\nعالم", "<b>*_[nie]_* ma formatów", "a&b"])
async def test_texts_arrive_as_they_are(text: str, telegram: TelegramSimulator, parts: Parts) -> None:
    async with sender(telegram, parts) as channel:
        assert channel.name == "telegram"
        delivery = await channel.send(outbound(text))

    [message] = telegram.messages(ANNA)
    assert message.text == text
    assert delivery == Delivered(str(message.message_id))
    assert message.reply_markup == {}


async def test_buttons_are_inline(telegram: TelegramSimulator, parts: Parts) -> None:
    long = "Jak zmienić limit wypłat z bankomatu za granicą i w kraju, oraz płatności"
    async with sender(telegram, parts) as channel:
        await channel.send(outbound(buttons=(Button("Tak", "/affirm"), Button("Nie", "/deny"))))
        await channel.send(outbound(buttons=(Button(long, "/a"), Button("Inne", "/b"))))
        await channel.send(outbound(buttons=tuple(Button(f"Opcja {n}", f"/{n}") for n in range(30))))

    short, titles, many = telegram.messages(ANNA)
    assert short.buttons == [("Tak", "/affirm"), ("Nie", "/deny")]
    assert len(short.reply_markup["inline_keyboard"]) == 1  # side by side
    assert len(titles.reply_markup["inline_keyboard"]) == 2  # one below the other
    assert titles.buttons[0][0] == long[:59].rstrip() + "…"
    assert len(many.buttons) == 20


async def test_asking_for_the_phone(telegram: TelegramSimulator, parts: Parts) -> None:
    buttons = (Button("Wpiszę numer", "/deny"),)
    business = {"chat_id": str(ANNA), "business_connection_id": "bc-77"}
    async with sender(telegram, parts) as channel:
        await channel.send(outbound(ask_phone=True, phone_title="Wyślij mój numer"))
        await channel.send(outbound(ask_phone=True, phone_title="Wyślij mój numer", buttons=buttons))
        await channel.send(outbound(ask_phone=True, buttons=buttons, reply_context=business))

    alone, both, on_behalf = telegram.messages(ANNA)
    assert alone.keys == [{"text": "Wyślij mój numer", "request_contact": True}]
    assert alone.reply_markup["one_time_keyboard"] is True
    # one keyboard a message: the button becomes a key that types its title
    assert both.keys == [{"text": "Wyślij mój numer", "request_contact": True}, {"text": "Wpiszę numer"}]
    # the Bot API has no reply keyboards there
    assert (on_behalf.buttons, on_behalf.business_connection_id) == ([("Wpiszę numer", "/deny")], "bc-77")


@pytest.mark.parametrize(
    ("failure", "delivery"),
    [
        (flood(7), Later("rate_limited", 7.0)),
        (flood(7200), Later("rate_limited", 7200.0)),
        (broken(), Later("platform_error")),
        (Failure(502, "<html>bad gateway</html>"), Later("platform_error")),
        (Failure(429, "<html>no JSON, no time</html>"), Later("platform_error")),
        (Failure(drop=True), Later("unconfirmed")),
        (Failure(200, "no JSON"), Later("telegram: Invalid server response")),
        (Failure(401, {"ok": False, "description": "Unauthorized"}), Later("token_refused")),
        (Failure(403, {"ok": False, "description": "Forbidden: user is deactivated"}), Refused("user_deactivated")),
        (
            Failure(403, {"ok": False, "description": "Forbidden: bot can't initiate conversation with a user"}),
            Refused("never_started"),
        ),
        (
            Failure(403, {"ok": False, "description": "Forbidden: something new"}),
            Refused("forbidden: Forbidden: something new"),
        ),
        (
            Failure(400, {"ok": False, "description": "x", "parameters": {"migrate_to_chat_id": -5}}),
            Refused("chat_migrated"),
        ),
        (Failure(200, {"ok": True, "result": {"message_id": 9, "novelty": {"no": "chat"}}}), Delivered("9")),
    ],
)
async def test_what_an_answer_means(
    failure: Failure, delivery: Delivery, telegram: TelegramSimulator, parts: Parts
) -> None:
    telegram.fail("sendMessage", replace(failure))
    async with sender(telegram, parts) as channel:
        assert await channel.send(outbound()) == delivery


async def test_refusals_of_the_platform_are_final(telegram: TelegramSimulator, parts: Parts) -> None:
    async with sender(telegram, parts) as channel:
        assert await channel.send(outbound("😀" * 2049)) == Refused("bad_request: Message is too long")
        stranger = outbound(recipient="404", reply_context={})
        assert await channel.send(stranger) == Refused("chat_not_found")
        await telegram.blocks(ANNA)
        assert await channel.send(outbound()) == Refused("blocked")
        assert await channel.send(outbound(author=Author.NOTE)) == Refused("note_is_internal")

    assert telegram.sent == []


async def test_nobody_answers(parts: Parts) -> None:
    channel = parts.channel(f"http://127.0.0.1:{free_port()}")
    assert await channel.send(outbound()) == Later("network")
    await channel.stop()


async def test_logs_tell_neither_the_token_nor_what_was_said(
    telegram: TelegramSimulator, inbox: RecordingInbox, parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    telegram.fail("getUpdates", Failure(401, {"ok": False, "description": "Unauthorized"}))
    inbox.failures = 1
    await telegram.customer_says(ANNA, "moja tajemnica")
    async with parts.polling(telegram.address) as channel:
        await inbox.wait_for(1)
        telegram.fail("sendMessage", Failure(200, "no JSON: druga tajemnica"))
        await channel.send(outbound("trzecia tajemnica"))
        await channel.send(outbound("trzecia tajemnica"))
        await telegram.wait_for_messages(ANNA, 1)

    assert "simulated-token" not in caplog.text
    assert "tajemnica" not in caplog.text
    assert "OKIENKO_TELEGRAM_TOKEN" in caplog.text  # what the operator is to look at


@pytest.mark.parametrize("token", ["abc", ":abc", "123456:", "123456 :abc"])
def test_a_token_that_is_none(token: str, parts: Parts) -> None:
    with pytest.raises(UserMistake, match="OKIENKO_TELEGRAM_TOKEN"):
        parts.channel("http://127.0.0.1:9", TELEGRAM_TOKEN=token)
