"""Messages: what comes in from a channel and what goes out to one, in our own words.

No vendor dictionary gets past a channel adapter: it hands over `InboundEvent`s and is handed `OutboundMessage`s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What an inbound event is."""

    TEXT = "text"
    BUTTON = "button"  # a button of ours was pressed: `payload` (and `text`, its title)
    PHONE = "phone"  # the customer shared their own phone number: `phone`
    ATTACHMENT = "attachment"  # files, with or without a caption in `text`
    START = "start"  # the conversation was opened: /start, "Get started", a referral
    RECEIPT = "receipt"  # delivery or read receipt for messages of ours
    OUTSIDE_REPLY = "outside_reply"  # a person answered with another tool (Meta's own inbox)
    UNSUPPORTED = "unsupported"  # seen and recorded, nothing to do


#: The kinds that become a message of the customer and get a turn.
SPOKEN = frozenset({EventKind.TEXT, EventKind.BUTTON, EventKind.PHONE, EventKind.ATTACHMENT, EventKind.START})


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that stays on the platform: we keep its type and its reference only."""

    type: str  # image, video, audio, file, location, sticker, ...
    reference: str = ""
    name: str = ""
    size: int | None = None  # bytes


class ReceiptState(StrEnum):
    """How far a message of ours got, as the platform reports it."""

    SENT = "sent"  # an echo that carries our own metadata: the platform has it
    DELIVERED = "delivered"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A platform's word on messages of ours: by their external ids, or all up to a moment (UTC)."""

    state: ReceiptState
    external_ids: tuple[str, ...] = ()
    message_ids: tuple[int, ...] = ()  # our own ids, where an echo brought our metadata back
    up_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class InboundEvent:
    """One event of a channel. `(channel, external_id)` identifies it for ever: a repeat changes nothing."""

    channel: str
    external_id: str
    kind: EventKind
    sender: str  # the contact's id on the channel
    sent_at: datetime  # UTC
    text: str = ""
    payload: str = ""
    phone: str = ""
    brand: str | None = None  # where the channel knows it (widget, deep link)
    name: str = ""  # the contact's display name, if the channel tells
    locale: str = ""  # the contact's language code on the channel, if it tells
    attachments: tuple[Attachment, ...] = ()
    receipt: Receipt | None = None
    reply_context: Mapping[str, str] = field(default_factory=dict)  # what the adapter needs to answer (chat id, ...)
    detail: str = ""  # for UNSUPPORTED: what it was


@dataclass(frozen=True, slots=True)
class Button:
    """A choice under a message. `payload` comes back when it is pressed."""

    title: str
    payload: str


class Author(StrEnum):
    """Who speaks. A note is for agents only and never leaves the desk."""

    CUSTOMER = "customer"
    ASSISTANT = "assistant"
    AGENT = "agent"
    SYSTEM = "system"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """A stored message on its way to the customer."""

    id: int
    conversation_id: int
    channel: str
    recipient: str  # the contact's id on the channel
    author: Author
    text: str
    author_name: str = ""
    buttons: tuple[Button, ...] = ()
    ask_phone: bool = False  # offer the platform's own way of sharing a phone number
    phone_title: str = ""  # the title of that button, in the customer's language
    reply_context: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 1
    last_inbound_at: datetime | None = None  # UTC; for the platform's reply window


@dataclass(frozen=True, slots=True)
class Delivered:
    """The platform took the message."""

    external_id: str = ""


#: The reason of a `Later` whose attempt may have arrived: the connection broke before the answer came.
UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Later:
    """The platform asks to try again; `after` in seconds, None where it names no time."""

    reason: str
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The platform will never take it."""

    reason: str


Delivery = Delivered | Later | Refused


class DeliveryState(StrEnum):
    """The states of an outgoing message."""

    STORED = "stored"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
