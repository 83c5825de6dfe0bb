"""The inbox: what came in is stored once, in order, with its contact, its brand and its turn, or not at all."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from bot.company import Company
from bot.inbox import LONGEST_TEXT, Inbox
from bot.live import RedisLive
from bot.storage import schema
from bot.storage.database import Database
from bot.types.effects import Say, TurnResult
from bot.types.message import Attachment, Button, EventKind, InboundEvent
from tests.clock import SettableClock
from tests.contract.turn_support import GivenBrain, House, echo

TELEGRAM: dict[str, Any] = {"channel": "telegram", "brand": None, "sender": "501"}


@pytest.fixture
async def house(database: Database, live: RedisLive, company: Company, clock: SettableClock) -> House:
    return House(database, live, company, clock)


def brands(house: House) -> list[str]:
    return [row.brand for row in house.rows(schema.conversations)]


def stored(house: House) -> list[str]:
    return [row.text for row in house.rows(schema.messages, schema.messages.c.author == "customer")]


async def test_a_repeated_event_changes_nothing(house: House) -> None:
    event = house.event("Zgubiłem kartę")
    assert house.receives(event) == 1
    before = house.everything()
    assert house.receives(event, event) == 0
    await Inbox(house.database, house.company, house.clock).receive([event])
    assert house.everything() == before


async def test_a_repeat_after_its_answer_is_not_answered_again(house: House) -> None:
    event = house.event("Zgubiłem kartę")
    house.receives(event)
    turns = house.turns(GivenBrain(echo))
    assert await turns.run_once()
    house.receives(event)
    assert not await turns.run_once()
    assert house.texts() == ["echo: Zgubiłem kartę"]


async def test_every_event_of_a_payload_is_stored_in_order(house: House) -> None:
    assert house.receives(*(house.event(text) for text in ("jeden", "dwa", "trzy"))) == 3
    assert stored(house) == ["jeden", "dwa", "trzy"]
    assert [row.message_id for row in house.rows(schema.pending)] == [row.id for row in house.rows(schema.messages)]


async def test_a_payload_is_stored_whole_or_not_at_all(house: House) -> None:
    before = house.everything()
    good, bad = house.event("dobra"), house.event("zła", channel="c" * 40 + "\x00", sent_at=None)
    with pytest.raises((DBAPIError, ValueError)):
        await Inbox(house.database, house.company, house.clock).receive([good, bad])
    assert house.everything() == before
    await Inbox(house.database, house.company, house.clock).receive([good])  # so it may come again
    assert stored(house) == ["dobra"]


async def test_a_channel_that_names_the_brand_once_is_remembered(house: House) -> None:
    start = InboundEvent(
        channel="telegram", external_id="t1", kind=EventKind.START, sender="501", sent_at=house.now, brand="fala"
    )
    house.receives(start)
    house.says("Halo", **TELEGRAM)
    assert brands(house) == ["fala"]
    assert len(stored(house)) == 2


async def test_another_brands_link_opens_another_conversation_and_stays_with_it(house: House) -> None:
    house.says("Halo", **TELEGRAM)
    house.advance(1)
    house.says("/start", **TELEGRAM | {"brand": "fala"})
    house.advance(1)
    later = house.says("Dalej", **TELEGRAM)
    assert brands(house) == ["modrzew", "fala"]
    assert later == house.rows(schema.conversations)[1].id
    assert [row.external_id for row in house.rows(schema.contacts)] == ["501"]


@pytest.mark.parametrize("named", [None, "nieznana"])
async def test_without_a_brand_of_ours_it_is_the_first(house: House, named: str | None) -> None:
    house.says("Halo", **TELEGRAM | {"brand": named})
    assert brands(house) == ["modrzew"]


async def test_two_brands_of_one_widget_session_are_two_conversations(house: House) -> None:
    house.says("Halo", brand="modrzew")
    house.says("Halo", brand="fala")
    assert brands(house) == ["modrzew", "fala"]


async def test_a_resolved_conversation_opens_again(house: House) -> None:
    conversation_id = house.says("Halo")
    house.database.write_now(lambda tx: tx.connection.execute(schema.conversations.update().values(status="resolved")))
    assert house.says("Jeszcze coś") == conversation_id
    assert house.rows(schema.conversations)[0].status == "open"


@pytest.mark.parametrize(
    "kind", [EventKind.UNSUPPORTED, EventKind.RECEIPT], ids=["seen", "a receipt that says nothing"]
)
async def test_what_needs_no_turn_is_recorded_and_no_more(house: House, kind: EventKind) -> None:
    event = house.event("", kind=kind, detail="edited_message")
    assert house.receives(event) == 1
    assert [(row.kind, row.detail) for row in house.rows(schema.events)] == [(kind.value, "edited_message")]
    assert house.rows(schema.contacts) == []
    assert house.rows(schema.pending) == []


async def test_a_person_in_metas_inbox_silences_the_assistant(house: House) -> None:
    house.says("Halo", channel="messenger", sender="9001", brand=None)
    await house.turns(GivenBrain(echo)).run_once()
    house.receives(house.event("Już pomagam", kind=EventKind.OUTSIDE_REPLY, channel="messenger", sender="9001"))
    (conversation,) = house.rows(schema.conversations)
    assert conversation.holder == "queue"
    assert [row.reason for row in house.rows(schema.assignments)] == ["outside_reply"]


async def test_a_payload_counts_only_where_it_is_one_of_ours(house: House) -> None:
    button = {"kind": EventKind.BUTTON, "payload": "DROP TABLE"}
    house.says("Kup teraz", **button)
    house.says("", **button)
    house.says("Nie pomogło", kind=EventKind.BUTTON, payload="/not_helped")
    rows = house.rows(schema.messages)
    assert [(row.kind, row.text, row.payload) for row in rows] == [
        ("text", "Kup teraz", ""),
        ("text", "DROP TABLE", ""),
        ("button", "Nie pomogło", "/not_helped"),
    ]


async def test_the_title_of_an_offered_button_typed_out_is_its_press(house: House) -> None:
    house.says("Jak zmienić PIN?")
    offer = TurnResult("answer", (Say("Pomogło?", (Button("Nie pomogło", "/not_helped"),)),))
    await house.turns(GivenBrain(offer)).run_once()
    house.says("nie pomogło!")
    house.says("/human")  # typed by a customer, offered by nobody
    rows = house.rows(schema.messages, schema.messages.c.author == "customer")[1:]
    assert [(row.kind, row.payload) for row in rows] == [("button", "/not_helped"), ("text", "")]


async def test_what_nobody_needs_is_masked_before_it_is_stored(house: House) -> None:
    house.says("Moja karta 4242 4242 4242 4242 nie działa, tel. +48 600 700 800")
    (text,) = stored(house)
    assert "4242 4242" not in text
    assert "[card …4242]" in text
    assert "+48 600 700 800" in text


async def test_any_text_can_be_stored(house: House) -> None:
    for text in ("", "\x00", "a\x00b", "\ud83d", "👍🏽" * 3, "\u200fمرحبا", "x" * 100_000):
        house.says(text)
    texts = stored(house)
    assert texts[:3] == ["", "", "ab"]
    assert len(texts[-1]) == LONGEST_TEXT
    assert len(house.rows(schema.pending)) == 7


async def test_attachments_keep_their_reference(house: House) -> None:
    house.says("", kind=EventKind.ATTACHMENT, attachments=(Attachment("image", "file-1", "skan.jpg", 1024),))
    (row,) = house.rows(schema.messages)
    assert row.attachments == [{"type": "image", "reference": "file-1", "name": "skan.jpg", "size": 1024}]


async def test_a_contact_is_known_by_its_latest_name(house: House) -> None:
    house.says("Halo", name="Jan", **TELEGRAM)
    house.says("Halo", name="Jan Kowalski", **TELEGRAM)
    house.says("Halo", name="", **TELEGRAM)
    assert [row.name for row in house.rows(schema.contacts)] == ["Jan Kowalski"]


@pytest.mark.parametrize(("locale", "language"), [("ru-RU", "ru"), ("en", "en"), ("de", "pl"), ("", "pl")])
async def test_the_first_language_is_the_platforms_hint_or_the_brands(house: House, locale: str, language: str) -> None:
    house.says("?", locale=locale)
    assert house.rows(schema.conversations)[0].language == language


async def test_the_way_back_is_kept_until_a_new_one_is_told(house: House) -> None:
    house.says("Halo", reply_context={"chat_id": "501", "business_connection_id": "b1"}, **TELEGRAM)
    house.says("Halo", **TELEGRAM)
    assert house.rows(schema.conversations)[0].reply_context == {"chat_id": "501", "business_connection_id": "b1"}
    house.says("Halo", reply_context={"chat_id": "501"}, **TELEGRAM)
    assert house.rows(schema.conversations)[0].reply_context == {"chat_id": "501"}


async def test_times_are_kept_in_utc(house: House) -> None:
    house.clock.set(datetime(2026, 7, 1, 12, 30, tzinfo=UTC))
    house.says("Halo")
    assert house.rows(schema.messages)[0].created_at == datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
