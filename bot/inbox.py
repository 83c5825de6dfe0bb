"""The inbox: events of a payload become stored messages that wait for their turns, in one transaction.

Only when it is committed may a platform be told that its payload arrived (200, or the polling offset). An event that
is known already changes nothing, so a platform may repeat itself as often as it likes.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.company import Company
from bot.ports import WAKE_LIVE, WAKE_TURNS, Clock, Store, Tx
from bot.rules.buttons import pressed
from bot.rules.masking import mask
from bot.types.conversation import Contact
from bot.types.languages import Language, is_language
from bot.types.message import SPOKEN, EventKind, InboundEvent
from handoff import lifecycle

#: Longer texts are cut: no message of a person is longer, and everybody downstream may rely on it.
LONGEST_TEXT = 10_000
#: A payload of ours; anything else that arrives as one is treated as text.
PAYLOAD_MARK = "/"


class Inbox:
    """Receives what channels hand over."""

    def __init__(self, store: Store, company: Company, clock: Clock) -> None:
        self._store = store
        self._company = company
        self._clock = clock

    async def receive(self, events: Sequence[InboundEvent]) -> None:
        """Stores the events; when it returns, they are safe."""
        if events:
            clean = [cleaned(event) for event in events]  # before the transaction: everybody waits for that one
            await self._store.write(store_events, clean, self._company, self._clock.now())


def store_events(tx: Tx, events: Sequence[InboundEvent], company: Company, now: datetime) -> int:
    """Stores `cleaned` events that are not known yet, in order; how many were new."""
    # two payloads with the same customers in another order must not wait for each other
    tx.lock_senders({(event.channel, event.sender) for event in events})
    new = 0
    for event in events:
        event_id = tx.record_event(event, now)
        if event_id is None:
            continue
        new += 1
        if event.receipt is not None:
            tx.apply_receipt(event.channel, event.sender, event.receipt)
        elif event.kind is EventKind.OUTSIDE_REPLY:
            _outside_reply(tx, event, company, now)
        elif event.kind in SPOKEN:
            _customer_message(tx, event_id, event, company, now)
    return new


def cleaned(event: InboundEvent) -> InboundEvent:
    """The event with its text bounded, readable to every database, and masked."""
    text = _readable(event.text)
    # more than is kept is masked, so that no number survives because the cut went through it (a mask is shorter than
    # its number, though never by three quarters: what the first cut tears is always beyond the second)
    text = mask(text[: 4 * LONGEST_TEXT])[:LONGEST_TEXT]
    return replace(event, text=text, payload=_readable(event.payload)[:1000], name=_readable(event.name))


def _readable(text: str) -> str:
    # NUL cannot be stored by PostgreSQL; lone surrogates cannot be encoded at all; other control characters
    # (terminals, spoofed log lines) have no place in a chat
    return "".join(
        character for character in text if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")
    ).strip()


def _customer_message(tx: Tx, event_id: int, event: InboundEvent, company: Company, now: datetime) -> None:
    contact = tx.contact_for(event, now)
    brand = _brand(tx, contact, event, company)
    conversation = tx.conversation_for(contact, brand, _first_language(contact, brand, company), now)
    message_id = tx.customer_message(conversation, event_id, _with_payload(tx, conversation.id, event), now)
    tx.change("message", conversation.id, {"message_id": message_id, "author": "customer"}, now)
    tx.wake(WAKE_TURNS)
    tx.wake(WAKE_LIVE)


def _with_payload(tx: Tx, conversation_id: int, event: InboundEvent) -> InboundEvent:
    """A button's payload is kept only where it is one of ours; typed text may stand for an offered button."""
    if event.kind is EventKind.BUTTON and event.payload.startswith(PAYLOAD_MARK):
        return event
    text = event.text or event.payload
    button = pressed(text, tx.offered_buttons(conversation_id))
    if button is not None:
        return replace(event, kind=EventKind.BUTTON, text=button.title, payload=button.payload)
    kind = EventKind.TEXT if event.kind is EventKind.BUTTON else event.kind
    return replace(event, kind=kind, text=text, payload="")


def _outside_reply(tx: Tx, event: InboundEvent, company: Company, now: datetime) -> None:
    contact = tx.contact_for(event, now)
    brand = _brand(tx, contact, event, company)
    conversation = tx.conversation_for(contact, brand, _first_language(contact, brand, company), now)
    lifecycle.outside_reply(tx, conversation.id, event.text, now, company)


def _brand(tx: Tx, contact: Contact, event: InboundEvent, company: Company) -> str:
    named = event.brand if event.brand is not None else tx.last_brand(contact)
    return named if named is not None and named in company.brands else company.default_brand


def _first_language(contact: Contact, brand: str, company: Company) -> Language:
    code = contact.locale[:2].lower()
    return code if is_language(code) else company.brands[brand].default_language
