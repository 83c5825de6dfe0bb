"""What a turn decided: values that its transaction writes, all or none."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.types.desk import Priority, Reason, TicketKind
from bot.types.languages import Language
from bot.types.message import Button
from bot.types.understanding import Understanding


@dataclass(frozen=True, slots=True)
class Say:
    """One message of the assistant."""

    text: str
    buttons: tuple[Button, ...] = ()
    ask_phone: bool = False
    phone_title: str = ""


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """Take down a complaint or an idea."""

    reference: str
    kind: TicketKind
    text: str
    team: str
    topic: str | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class RequestAgent:
    """Put the conversation into a team's queue (or raise its place there)."""

    team: str
    reason: Reason
    priority: Priority
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class BookCallback:
    """Promise a phone call."""

    reference: str
    phone: str  # E.164
    due_at: datetime  # UTC
    code: str
    team: str
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class AddToTicket:
    """Add what the customer says to a complaint that is already taken down."""

    reference: str
    text: str


Effect = Say | OpenTicket | RequestAgent | BookCallback | AddToTicket


@dataclass(frozen=True, slots=True)
class TurnResult:
    """All that one turn decided. `events` are the dialogue's own (Rasa's, as JSON) that are new in this turn;
    `fresh` says that they start a new session (older ones are no longer read)."""

    outcome: str
    effects: tuple[Effect, ...] = ()
    events: tuple[dict[str, Any], ...] = ()
    fresh: bool = False
    language: Language | None = None
    understanding: Understanding | None = None
