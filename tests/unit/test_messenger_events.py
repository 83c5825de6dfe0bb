"""Messenger's payloads, as captured, in our own words."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.channels.messenger_events import translate
from bot.types.message import Attachment, EventKind, InboundEvent, Receipt, ReceiptState

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "messenger"
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
SENT = datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)
MARK = datetime(2023, 11, 14, 22, 13, 20, 100000, tzinfo=UTC)
LINKS = {"fala": "fala", "modrzew": "modrzew"}
CUSTOMER = "7890123456789012"

TEXT, BUTTON, PHONE, ATTACHMENT = EventKind.TEXT, EventKind.BUTTON, EventKind.PHONE, EventKind.ATTACHMENT
START, RECEIPT, UNSUPPORTED = EventKind.START, EventKind.RECEIPT, EventKind.UNSUPPORTED


def load(name: str) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return raw


def events_of(payload: dict[str, Any]) -> list[InboundEvent]:
    events = translate(payload, LINKS, NOW)
    assert all(event.channel == "messenger" for event in events)
    return events


Fields = dict[str, object]
EXPECTED: dict[str, list[tuple[EventKind, Fields]]] = {
    "text": [
        (
            TEXT,
            {
                "external_id": "m_AbC-1",
                "text": "Как узнать номер счёта? 🙂",
                "sender": CUSTOMER,
                "sent_at": SENT,
                "detail": "",
                "brand": None,
            },
        )
    ],
    "reply_to": [(TEXT, {"external_id": "m_AbC-2", "text": "tak"})],
    "link": [(TEXT, {"external_id": "m_AbC-3", "text": "https://modrzew.example"})],
    "quick_reply": [(BUTTON, {"external_id": "m_AbC-4", "text": "Nie", "payload": "/deny", "phone": ""})],
    "phone": [(PHONE, {"external_id": "m_AbC-5", "phone": "+48501234567", "text": "", "payload": ""})],
    "postback": [(BUTTON, {"external_id": "m_AbC-6", "text": "Rozmowa", "payload": "/human"})],
    "get_started": [(START, {"external_id": "m_AbC-7", "brand": "fala", "text": "", "payload": ""})],
    "referral": [(START, {"brand": "fala", "sender": CUSTOMER})],
    "optin": [(START, {"brand": None, "detail": "widget-1", "sender": CUSTOMER})],
    "optin_without_sender": [(UNSUPPORTED, {"detail": "optin:no sender", "sender": ""})],
    "attachments": [
        (
            ATTACHMENT,
            {
                "external_id": "m_AbC-8",
                "text": "",
                "attachments": (
                    Attachment("image", "https://scontent.example/1.jpg"),
                    Attachment("file", "https://cdn.example/umowa.pdf"),
                ),
            },
        )
    ],
    "sticker": [(ATTACHMENT, {"attachments": (Attachment("sticker", "https://scontent.example/s.png"),)})],
    "location": [(ATTACHMENT, {"attachments": (Attachment("location", "52.2,21.0"),)})],
    "echo_ours": [
        (
            RECEIPT,
            {
                "external_id": "m_out-1",
                "sender": CUSTOMER,
                "text": "",
                "receipt": Receipt(ReceiptState.SENT, external_ids=("m_out-1",), message_ids=(42,)),
            },
        )
    ],
    "echo_person": [
        (
            EventKind.OUTSIDE_REPLY,
            {"external_id": "m_out-2", "sender": CUSTOMER, "text": "Tu Marek, już sprawdzam", "receipt": None},
        )
    ],
    "echo_other_metadata": [(EventKind.OUTSIDE_REPLY, {"sender": CUSTOMER, "text": "Inny bot"})],
    "delivery": [
        (
            RECEIPT,
            {
                "sender": CUSTOMER,
                "receipt": Receipt(ReceiptState.DELIVERED, external_ids=("m_out-1", "m_out-2"), up_to=MARK),
            },
        )
    ],
    "read": [(RECEIPT, {"sender": CUSTOMER, "receipt": Receipt(ReceiptState.READ, up_to=MARK)})],
    "reaction": [(UNSUPPORTED, {"detail": "reaction", "sender": CUSTOMER})],
    "policy": [(UNSUPPORTED, {"detail": "policy_enforcement", "sender": ""})],
    "handover": [(UNSUPPORTED, {"detail": "pass_thread_control"})],
    "standby": [
        (UNSUPPORTED, {"external_id": "m_AbC-11", "detail": "standby:text", "text": ""}),
        (EventKind.OUTSIDE_REPLY, {"external_id": "m_out-4", "sender": CUSTOMER, "text": "Jestem"}),
    ],
    "changes": [(UNSUPPORTED, {"detail": "changes:feed", "sent_at": NOW})],
    "instagram": [(UNSUPPORTED, {"detail": "object:instagram", "text": ""})],
    "several": [
        (TEXT, {"external_id": "m_s-1", "text": "raz", "sender": CUSTOMER}),
        (TEXT, {"external_id": "m_s-2", "text": "dwa", "sender": CUSTOMER}),
        (TEXT, {"external_id": "m_s-3", "text": "trzy", "sender": "555"}),
        (RECEIPT, {"sender": CUSTOMER}),
    ],
    "hop_context": [(TEXT, {"external_id": "m_AbC-12", "text": "hej"})],
}


def test_every_fixture_is_expected() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_captured_payload(name: str) -> None:
    events = events_of(load(name))

    assert [event.kind for event in events] == [kind for kind, _ in EXPECTED[name]]
    for event, (_, fields) in zip(events, EXPECTED[name], strict=True):
        assert {field: getattr(event, field) for field in fields} == fields
        assert event.external_id


@pytest.mark.parametrize("name", ["delivery", "read", "reaction", "referral", "instagram"])
def test_events_without_a_mid_are_known_again_by_a_digest(name: str) -> None:
    [once], [again] = events_of(load(name)), events_of(load(name))
    other = load(name)
    other["entry"][0]["messaging"][0]["timestamp"] += 1

    assert once.external_id == again.external_id
    assert once.external_id.startswith("digest:")
    assert events_of(other)[0].external_id != once.external_id


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"object": "page"},
        {"object": "page", "entry": None},
        {"object": "page", "entry": []},
        {"object": "page", "entry": [7, None]},
        {"object": "page", "entry": [{"messaging": "none"}]},
        {"object": "page", "entry": [{"messaging": [None, 7, {}]}]},
        {"object": "page", "entry": [{"messaging": [{"sender": "x", "message": "hello", "timestamp": "now"}]}]},
        {"object": "page", "entry": [{"messaging": [{"sender": {"id": True}, "message": {"mid": 5, "text": 7}}]}]},
        {"object": "page", "entry": [{"messaging": [{"sender": {"id": "1"}, "message": {"text": ""}}]}]},
        {"object": "page", "entry": [{"messaging": [{"sender": {"id": "1"}, "timestamp": 1e300, "postback": {}}]}]},
        {"object": "page", "entry": [{"messaging": [{"message": {"mid": "m", "text": "nobody"}}]}]},
        {"object": ["page"], "entry": {}},
    ],
)
def test_whatever_is_not_as_documented_is_recorded(payload: dict[str, Any]) -> None:
    events = events_of(payload)

    assert events
    assert all(event.kind is UNSUPPORTED and event.detail and event.external_id for event in events)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a\x00b", "ab"), ("x" * 100_000, "x" * 100_000), ("مرحبا 😀", "مرحبا 😀"), ("lone \ud83d half", "lone ? half")],
)
def test_odd_texts(text: str, kept: str) -> None:
    payload = load("text")
    payload["entry"][0]["messaging"][0]["message"]["text"] = text

    [event] = events_of(payload)

    assert (event.kind, event.text) == (TEXT, kept)


def test_a_mid_of_any_length_can_be_stored_and_stays_unique() -> None:
    payload = load("several")
    first, second = payload["entry"][0]["messaging"]
    first["message"]["mid"], second["message"]["mid"] = "m" * 1000, "m" * 1001

    one, other, *_ = events_of(payload)

    assert len(one.external_id) <= 256
    assert one.external_id != other.external_id


@pytest.mark.parametrize("payload", ["/deny", "+48", "48501234567890123456789012", "call +48501234567"])
def test_a_payload_that_is_no_phone_number_is_a_button(payload: str) -> None:
    raw = load("quick_reply")
    raw["entry"][0]["messaging"][0]["message"]["quick_reply"]["payload"] = payload

    [event] = events_of(raw)

    assert (event.kind, event.payload, event.phone) == (BUTTON, payload, "")
