"""Conversations and the people in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.types.languages import Language


class Holder(StrEnum):
    """Who a conversation is with: always exactly one of these."""

    ASSISTANT = "assistant"
    QUEUE = "queue"
    AGENT = "agent"


class Status(StrEnum):
    """Whether there is something left to do."""

    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Contact:
    """A customer on one channel."""

    id: int
    channel: str
    external_id: str
    name: str = ""
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """The one lasting conversation with a contact of a brand.

    `fence` grows with every change of holder: what was decided under another number is void.
    """

    id: int
    contact: Contact
    channel: str
    brand: str
    language: Language
    holder: Holder
    status: Status
    fence: int
    agent_id: int | None = None
    team: str | None = None
    last_inbound_at: datetime | None = None
    reply_context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomerMessage:
    """A stored message of the customer that waits for its turn."""

    id: int
    kind: str
    text: str
    payload: str = ""
    phone: str = ""
    attachments: tuple[Mapping[str, Any], ...] = ()
    received_at: datetime | None = None
    holder: Holder = Holder.ASSISTANT  # who held the conversation when it arrived
