"""Telegram's updates, as captured, in our own words."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram_events import read_update, translate
from bot.types.message import Attachment, EventKind, InboundEvent

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "telegram"
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
SENT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
LINKS = {"fala": "fala", "modrzew": "modrzew", "fala-www": "fala"}
CHAT = {"chat_id": "501"}
BUSINESS = {"chat_id": "501", "business_connection_id": "bc-77"}

TEXT, BUTTON, PHONE = EventKind.TEXT, EventKind.BUTTON, EventKind.PHONE
ATTACHMENT, START, UNSUPPORTED = EventKind.ATTACHMENT, EventKind.START, EventKind.UNSUPPORTED


def load(name: str) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    return raw


def event_of(raw: dict[str, Any]) -> InboundEvent:
    [event] = translate(read_update(raw), "123456", LINKS, NOW)
    assert event.channel == "telegram"
    assert event.external_id == f"123456:{raw['update_id']}"
    return event


def files(*attachments: Attachment) -> dict[str, object]:
    return {"attachments": attachments, "reply_context": CHAT, "sent_at": SENT}


EXPECTED: dict[str, tuple[EventKind, dict[str, object]]] = {
    "text": (
        TEXT,
        {
            "text": "Zgubiłem kartę 😱 co robić?",
            "sender": "501",
            "sent_at": SENT,
            "name": "Анна Nowak",
            "locale": "pl",
            "reply_context": CHAT,
            "brand": None,
        },
    ),
    "start": (START, {"brand": None, "text": "", "detail": ""}),
    "start_deep_link": (START, {"brand": "fala", "text": "", "payload": ""}),
    "start_campaign": (START, {"brand": None, "detail": "autumn26", "text": ""}),
    "command": (TEXT, {"text": "/help"}),
    "own_contact": (PHONE, {"phone": "48501234567", "text": "", "reply_context": CHAT}),
    "foreign_contact": (UNSUPPORTED, {"phone": "", "text": "", "detail": "contact:foreign", "sender": "501"}),
    "contact_without_account": (UNSUPPORTED, {"phone": "", "detail": "contact:foreign"}),
    "photo": (
        ATTACHMENT,
        {"text": "To przyszło dziś", **files(Attachment("image", "AgACAgQAAx-large", size=91234))},
    ),
    "document": (ATTACHMENT, files(Attachment("document", "BQACAgQAAx", "umowa.pdf", 48211))),
    "voice": (ATTACHMENT, files(Attachment("voice", "AwACAgQAAx", size=17042))),
    "video_note": (ATTACHMENT, files(Attachment("video_note", "DQACAgQAAx", size=90001))),
    "sticker": (ATTACHMENT, files(Attachment("sticker", "CAACAgQAAx", "😡", 21000))),
    "animation": (ATTACHMENT, files(Attachment("animation", "CgACAgQAAx", "cat.mp4", 30000))),
    "location": (ATTACHMENT, files(Attachment("location", "52.2297,21.0122"))),
    "forwarded": (TEXT, {"text": "Wpłać na konto", "sender": "501"}),
    "pinned": (UNSUPPORTED, {"detail": "message:pinned_message", "sender": "501"}),
    "edited": (UNSUPPORTED, {"detail": "edited_message", "sender": "501", "text": ""}),
    "group": (UNSUPPORTED, {"detail": "chat:supergroup", "sender": "-1001234567890", "text": ""}),
    "button": (
        BUTTON,
        {"payload": "/deny", "text": "Nie", "sender": "501", "sent_at": NOW, "locale": "pl", "reply_context": CHAT},
    ),
    "button_old": (BUTTON, {"payload": "/deny", "text": "", "sender": "501", "reply_context": CHAT}),
    "button_group": (UNSUPPORTED, {"detail": "callback_query:supergroup", "payload": ""}),
    "button_inline": (UNSUPPORTED, {"detail": "callback_query:inline", "sender": "501"}),
    "blocked": (UNSUPPORTED, {"detail": "my_chat_member:kicked", "sender": "501"}),
    "unblocked": (UNSUPPORTED, {"detail": "my_chat_member:member", "sender": "501"}),
    "business_connection": (UNSUPPORTED, {"detail": "business_connection", "sender": "900"}),
    "business_message": (TEXT, {"text": "Ile kosztuje konto?", "sender": "501", "reply_context": BUSINESS}),
    "business_owner": (
        EventKind.OUTSIDE_REPLY,
        {"text": "Zero złotych", "sender": "501", "reply_context": BUSINESS, "name": ""},
    ),
    "business_bot": (UNSUPPORTED, {"detail": "business_message:bot", "sender": "501", "text": ""}),
    "business_deleted": (UNSUPPORTED, {"detail": "deleted_business_messages", "sender": "501"}),
    "inline_query": (UNSUPPORTED, {"detail": "inline_query", "sender": "501"}),
    "unknown_kind": (UNSUPPORTED, {"detail": "some_future_kind", "sender": ""}),
    "unreadable": (UNSUPPORTED, {"detail": "unreadable", "sender": ""}),
}


def test_every_fixture_is_expected() -> None:
    assert {path.stem for path in FIXTURES.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_captured_update(name: str) -> None:
    kind, fields = EXPECTED[name]

    event = event_of(load(name))

    assert event.kind is kind
    assert {field: getattr(event, field) for field in fields} == fields


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a\x00b", "ab"), ("x" * 100_000, "x" * 100_000), ("مرحبا 😀", "مرحبا 😀"), ("lone \ud83d half", "lone ? half")],
)
def test_odd_texts(text: str, kept: str) -> None:
    raw = load("text")
    raw["message"]["text"] = text

    assert event_of(raw).text == kept


def test_ids_of_any_length_can_be_stored() -> None:
    raw = load("voice")
    raw["message"]["voice"]["file_id"] = "A" * 100_000
    raw["message"]["from"]["first_name"] = "Ż" * 1000

    event = event_of(raw)

    assert len(event.attachments[0].reference) == 2000
    assert len(event.name) == 256
