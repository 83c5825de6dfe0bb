"""Bounds what a platform sends, so that no event, however odd, can fail to be stored.

A webhook that answers 500 gets the same event again until the platform gives up on us; so the ids and names of every
event are cut to what the ledger's columns hold before the inbox sees them. Texts are the inbox's own business.
"""

import hashlib
from dataclasses import replace

from bot.types.message import Attachment, InboundEvent, Receipt

LONGEST_ID = 256  # characters
LONGEST_LOCALE = 16
LONGEST_PHONE = 32
LONGEST_REFERENCE = 2000  # signed addresses of Meta's media servers reach several hundred characters


def clean_text(text: str) -> str:
    """The text without what a database cannot store: NUL, and halves of surrogate pairs."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text


def clean_event(event: InboundEvent) -> InboundEvent:
    """The event, storable whatever the platform sent."""
    return replace(
        event,
        external_id=_id(event.external_id),
        sender=_id(event.sender),
        text=clean_text(event.text),
        payload=clean_text(event.payload),
        phone=clean_text(event.phone)[:LONGEST_PHONE],
        name=clean_text(event.name)[:LONGEST_ID],
        locale=clean_text(event.locale)[:LONGEST_LOCALE],
        detail=clean_text(event.detail)[:LONGEST_ID],
        attachments=tuple(_attachment(one) for one in event.attachments),
        receipt=_receipt(event.receipt) if event.receipt is not None else None,
    )


def _id(value: str) -> str:
    """An id stays itself where it fits; a longer one becomes its digest, which is as unique."""
    value = clean_text(value)
    if len(value) <= LONGEST_ID:
        return value
    return "sha256:" + hashlib.sha256(value.encode()).hexdigest()


def _attachment(one: Attachment) -> Attachment:
    return replace(
        one,
        type=clean_text(one.type)[:32],
        reference=clean_text(one.reference)[:LONGEST_REFERENCE],
        name=clean_text(one.name)[:LONGEST_ID],
    )


def _receipt(receipt: Receipt) -> Receipt:
    return replace(receipt, external_ids=tuple(_id(one) for one in receipt.external_ids))
