"""The Messenger channel against a simulated Meta, over HTTP."""

import hashlib
import hmac
import io
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest

from bot.channels.messenger import WEBHOOK_PATH, MessengerChannel
from bot.company import Company
from bot.settings import load_settings
from bot.types.message import (
    Author,
    Button,
    Delivered,
    Delivery,
    EventKind,
    Later,
    OutboundMessage,
    Receipt,
    ReceiptState,
    Refused,
)
from tests.clock import SettableClock
from tests.servers import free_port
from tests.simulators.messenger import MessengerSimulator, graph_error
from tests.simulators.platform import Failure
from tests.simulators.service import RecordingInbox, serving

ANNA = "7890123456789012"
HOUR = timedelta(hours=1)


@pytest.fixture
def inbox() -> RecordingInbox:
    return RecordingInbox()


@pytest.fixture
async def messenger() -> AsyncIterator[MessengerSimulator]:
    async with MessengerSimulator() as simulator:
        yield simulator


def build(api: str, company: Company, clock: SettableClock, inbox: RecordingInbox) -> MessengerChannel:
    settings = load_settings(
        {
            "OKIENKO_MESSENGER_API": api,
            "OKIENKO_MESSENGER_PAGE_TOKEN": "simulated-page-token",
            "OKIENKO_MESSENGER_APP_SECRET": "simulated-app-secret",
            "OKIENKO_MESSENGER_VERIFY_TOKEN": "simulated-verify-token",
        }
    )
    return MessengerChannel(settings, company.brands, clock, inbox.receive)


@pytest.fixture
async def channel(
    messenger: MessengerSimulator, company: Company, clock: SettableClock, inbox: RecordingInbox
) -> AsyncIterator[MessengerChannel]:
    """A channel that Meta knows of."""
    built = build(messenger.api, company, clock, inbox)
    await built.start()
    async with serving(built.routes()) as address:
        messenger.webhook_url = address + WEBHOOK_PATH
        yield built
        await built.stop()


def outbound(text: str = "Dzień dobry", **fields: object) -> OutboundMessage:
    return replace(OutboundMessage(42, 1, "messenger", ANNA, Author.ASSISTANT, text), **fields)  # type: ignore[arg-type]


# ---------------------------------------------------------------------- verification


async def test_verification_returns_the_challenge(messenger: MessengerSimulator, channel: MessengerChannel) -> None:
    assert await messenger.verifies() == (200, "1158201444")


@pytest.mark.parametrize(
    "query",
    [
        {"hub.verify_token": "wrong"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "Żółć"},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": ""},
    ],
    ids=str,
)
async def test_verification_refuses(
    query: dict[str, str], messenger: MessengerSimulator, channel: MessengerChannel
) -> None:
    status, body = await messenger.verifies(**query)

    assert status == 403
    assert "1158201444" not in body


# ---------------------------------------------------------------------- events


async def test_every_event_of_a_payload_is_received_in_one_go(
    messenger: MessengerSimulator, channel: MessengerChannel, inbox: RecordingInbox
) -> None:
    status = await messenger.deliver(
        messenger.message_event(ANNA, text="raz 😱"),
        messenger.message_event("555", text="שלום"),
        messenger.event(ANNA, reaction={"reaction": "love", "mid": "m_1"}),
        messenger.message_event(ANNA, text="dwa\x00"),
    )

    assert status == 200
    [batch] = inbox.batches
    assert [(event.sender, event.kind, event.text) for event in batch] == [
        (ANNA, EventKind.TEXT, "raz 😱"),
        ("555", EventKind.TEXT, "שלום"),
        (ANNA, EventKind.UNSUPPORTED, ""),
        (ANNA, EventKind.TEXT, "dwa"),
    ]


async def test_a_repeated_payload_brings_the_same_ids(
    messenger: MessengerSimulator, channel: MessengerChannel, inbox: RecordingInbox
) -> None:
    events = (messenger.message_event(ANNA, text="raz"), messenger.event(ANNA, read={"watermark": 1}))
    assert [await messenger.deliver(*events), await messenger.deliver(*events)] == [200, 200]

    assert len(inbox.batches) == 2
    assert len(inbox.events) == 2


async def test_200_is_answered_only_after_the_commit(
    messenger: MessengerSimulator, channel: MessengerChannel, inbox: RecordingInbox
) -> None:
    inbox.failures = 1
    assert await messenger.customer_says(ANNA, "hej") == 500
    assert inbox.events == []

    assert await messenger.redeliver() == [200]
    assert [event.text for event in inbox.events] == ["hej"]


async def test_a_conversation_in_all_its_kinds(
    messenger: MessengerSimulator, channel: MessengerChannel, inbox: RecordingInbox
) -> None:
    await messenger.postback(ANNA, "GET_STARTED", "Rozpocznij")
    await channel.send(outbound("Czy to pomogło?", buttons=(Button("Tak", "/affirm"), Button("Nie", "/deny"))))
    await messenger.presses(ANNA, "/deny")
    await messenger.shares_phone(ANNA, "+48501234567")
    [sent] = messenger.messages(ANNA)
    await messenger.echoes(sent)
    await messenger.delivered(ANNA, sent.mid)
    await messenger.read(ANNA)
    await messenger.person_answers(ANNA, "Tu Marek")

    start, press, phone, echo, delivered, read, person = inbox.events
    assert start.kind is EventKind.START
    assert (press.kind, press.payload, press.text) == (EventKind.BUTTON, "/deny", "Nie")
    assert (phone.kind, phone.phone) == (EventKind.PHONE, "+48501234567")
    assert echo.receipt == Receipt(ReceiptState.SENT, external_ids=(sent.mid,), message_ids=(42,))
    assert delivered.receipt is not None
    assert (delivered.receipt.state, delivered.receipt.external_ids) == (ReceiptState.DELIVERED, (sent.mid,))
    assert read.receipt is not None
    assert read.receipt.state is ReceiptState.READ
    assert (person.kind, person.sender, person.text) == (EventKind.OUTSIDE_REPLY, ANNA, "Tu Marek")


async def test_objects_of_other_products_are_seen(
    messenger: MessengerSimulator, channel: MessengerChannel, inbox: RecordingInbox
) -> None:
    assert await messenger.post_signed({"object": "whatsapp_business_account", "entry": [{}]}) == 200
    assert [(event.kind, event.detail) for event in inbox.events] == [
        (EventKind.UNSUPPORTED, "object:whatsapp_business_account")
    ]


BODY = b'{"object": "page", "entry": []}'
SHA1 = "sha1=" + hmac.new(b"simulated-app-secret", BODY, hashlib.sha1).hexdigest()
STRANGER = "sha256=" + hmac.new(b"another-secret", BODY, hashlib.sha256).hexdigest()


TRUE = hmac.new(b"simulated-app-secret", BODY, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "signature", ["", "sha256=", "sha256=" + "0" * 64, STRANGER, SHA1, TRUE, f"sha1={TRUE}", f"sha256={TRUE}0", "Żółć"]
)
async def test_a_wrong_signature_is_refused(
    signature: str, messenger: MessengerSimulator, channel: MessengerChannel, inbox: RecordingInbox
) -> None:
    assert await messenger.post_raw(BODY, signature) == 403
    assert inbox.batches == []


async def test_the_signature_is_of_the_raw_body(
    messenger: MessengerSimulator, channel: MessengerChannel, inbox: RecordingInbox
) -> None:
    assert await messenger.post_raw(BODY + b" ", messenger.signature(BODY)) == 403
    assert await messenger.post_raw(BODY + b" ") == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[1]", 400),
        (b"null", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"object": 1' + b"0" * 5000 + b"}", 400),
        (b'{"object": "page", "entry": "\\ud83d"}', 200),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_signed_nonsense(
    body: bytes, status: int, messenger: MessengerSimulator, channel: MessengerChannel, inbox: RecordingInbox
) -> None:
    assert await messenger.post_raw(body) == status
    assert len(inbox.batches) == (1 if status == 200 else 0)


async def test_an_oversized_body_is_refused_whatever_its_signature(
    messenger: MessengerSimulator, channel: MessengerChannel, inbox: RecordingInbox
) -> None:
    body = b'{"object": "page", "x": "' + b"x" * (1024 * 1024) + b'"}'

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    headers = {"X-Hub-Signature-256": messenger.signature(body)}
    async with aiohttp.ClientSession() as client:
        for data in (io.BytesIO(body), chunks()):  # with a length said before, and without
            async with client.post(messenger.webhook_url, data=data, headers=headers) as response:
                assert response.status == 413
                assert (await response.json())["error"]["code"] == "too_large"
    assert inbox.batches == []


# ---------------------------------------------------------------------- sending


@pytest.mark.parametrize("text", ["Dzień dobry", "😀" * 1000, "שלום\nعالم", '"\\ </script>'], ids=lambda text: text[:9])
async def test_texts_arrive_as_they_are(text: str, messenger: MessengerSimulator, channel: MessengerChannel) -> None:
    assert channel.name == "messenger"
    delivery = await channel.send(outbound(text))

    [message] = messenger.messages(ANNA)
    assert delivery == Delivered(message.mid)
    assert (message.text, message.metadata, message.messaging_type) == (text, "okienko:42", "RESPONSE")
    assert message.quick_replies == []


async def test_buttons_and_the_phone_are_quick_replies(
    messenger: MessengerSimulator, channel: MessengerChannel
) -> None:
    many = tuple(Button(f"Zmiana limitu karty numer {n}", f"/topic {n}") for n in range(20))
    await channel.send(outbound(buttons=(Button("Dwadzieścia znaków !", "/a"),)))
    await channel.send(outbound(buttons=many))
    await channel.send(outbound(ask_phone=True, phone_title="Wyślij numer", buttons=many))

    exact, cut, phone = messenger.messages(ANNA)
    assert exact.buttons == [("Dwadzieścia znaków !", "/a")]
    assert cut.buttons[0] == ("Zmiana limitu karty…", "/topic 0")
    assert len(cut.quick_replies) == 13
    assert phone.quick_replies[0] == {"content_type": "user_phone_number"}
    assert len(phone.quick_replies) == 13


RESPONSE, PERSON = ("RESPONSE", ""), ("MESSAGE_TAG", "HUMAN_AGENT")
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("author", "age", "way"),
    [
        (Author.ASSISTANT, 0 * HOUR, RESPONSE),
        (Author.ASSISTANT, 24 * HOUR - SECOND, RESPONSE),
        (Author.ASSISTANT, 24 * HOUR, None),
        (Author.SYSTEM, 25 * HOUR, None),
        (Author.AGENT, 24 * HOUR - SECOND, RESPONSE),
        (Author.AGENT, 24 * HOUR, PERSON),
        (Author.AGENT, 7 * 24 * HOUR - SECOND, PERSON),
        (Author.AGENT, 7 * 24 * HOUR, None),
        (Author.ASSISTANT, None, RESPONSE),  # not known: Meta judges
    ],
)
async def test_reply_windows(
    author: Author,
    age: timedelta | None,
    way: tuple[str, str] | None,
    messenger: MessengerSimulator,
    channel: MessengerChannel,
    clock: SettableClock,
) -> None:
    last = None if age is None else clock.now() - age
    delivery = await channel.send(outbound(author=author, last_inbound_at=last))

    ways = [(message.messaging_type, message.tag) for message in messenger.messages(ANNA)]
    assert ways == ([] if way is None else [way])
    assert isinstance(delivery, Delivered) if way is not None else delivery == Refused("window_closed")


async def test_refusals_of_the_platform_are_final(messenger: MessengerSimulator, channel: MessengerChannel) -> None:
    assert await channel.send(outbound("😀" * 1001)) == Refused("bad_request")
    messenger.closes_window(ANNA)  # Meta's clock is the one that counts
    assert await channel.send(outbound()) == Refused("window_closed")
    messenger.blocks(ANNA)
    assert await channel.send(outbound()) == Refused("user_unreachable")
    assert await channel.send(outbound(author=Author.NOTE)) == Refused("note_is_internal")

    assert messenger.sent == []
    assert len(messenger.requests) == 3  # the note never left


@pytest.mark.parametrize(
    ("failure", "delivery"),
    [
        (graph_error(400, 4), Later("rate_limited")),
        (graph_error(400, 17), Later("rate_limited")),
        (graph_error(400, 32), Later("rate_limited")),
        (graph_error(400, 613), Later("rate_limited")),
        (graph_error(500, 1), Later("temporary")),
        (graph_error(503, 2), Later("temporary")),
        (graph_error(400, 1200), Later("temporary")),
        (graph_error(401, 190, 463), Later("token_refused")),
        (graph_error(403, 10, 2018278), Refused("window_closed")),
        (graph_error(403, 10), Refused("not_permitted")),
        (graph_error(400, 551), Refused("user_unreachable")),
        (graph_error(400, 100, 2018001), Refused("user_unreachable")),
        (graph_error(403, 200, 1545041), Refused("user_unreachable")),
        (graph_error(400, 100), Refused("bad_request")),
        (graph_error(400, 368), Refused("policy_block")),
        (graph_error(400, 99999, 7), Refused("graph_error: 99999/7")),
        (graph_error(400, 99999), Refused("graph_error: 99999")),
        (graph_error(500, 99999), Later("temporary")),
        (graph_error(429, 99999), Later("rate_limited")),
        (Failure(400, {"error": {"code": 99999, "is_transient": True}}), Later("temporary")),
        (Failure(200, {"error": {"code": 190}}), Later("token_refused")),
        (Failure(400, {"error": {"code": "x", "error_subcode": []}}), Refused("graph_error: x/[]")),
        (Failure(502, "<html>bad gateway</html>"), Later("platform_error: 502")),
        (Failure(429, "slow down"), Later("rate_limited")),
        (Failure(200, "<html>log in to the wifi</html>"), Later("platform_error: 200")),
        (Failure(302, ""), Later("platform_error: 302")),
        (Failure(200, {}), Delivered()),
        (Failure(drop=True), Later("unconfirmed")),
    ],
    ids=lambda value: str(value)[:70],
)
async def test_what_an_answer_means(
    failure: Failure, delivery: Delivery, messenger: MessengerSimulator, channel: MessengerChannel
) -> None:
    messenger.fail("send", replace(failure))

    assert await channel.send(outbound()) == delivery


async def test_an_unconfirmed_message_is_confirmed_by_its_echo(
    messenger: MessengerSimulator, channel: MessengerChannel, inbox: RecordingInbox
) -> None:
    messenger.fail("send", Failure(drop=True))
    assert await channel.send(outbound()) == Later("unconfirmed")
    [sent] = messenger.messages(ANNA)
    await messenger.echoes(sent)

    [echo] = inbox.events
    assert echo.receipt is not None
    assert echo.receipt.message_ids == (42,)


async def test_nobody_answers(company: Company, clock: SettableClock, inbox: RecordingInbox) -> None:
    channel = build(f"http://127.0.0.1:{free_port()}", company, clock, inbox)
    assert await channel.send(outbound()) == Later("network")
    await channel.stop()


async def test_logs_tell_neither_secrets_nor_what_was_said(
    messenger: MessengerSimulator,
    channel: MessengerChannel,
    inbox: RecordingInbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    await messenger.customer_says(ANNA, "moja tajemnica")
    messenger.fail("send", graph_error(400, 190, None, "tajemnica"))
    await channel.send(outbound("druga tajemnica"))
    await channel.send(outbound("druga tajemnica"))
    await messenger.post_raw(BODY, "sha256=00")

    assert "tajemnica" not in caplog.text
    assert "simulated-" not in caplog.text
    assert json.dumps(messenger.requests).count("simulated-page-token") == 0
