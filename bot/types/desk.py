"""The human side: agents, assignments, tickets, callbacks."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum


class Role(StrEnum):
    """What an account may do; each role includes the ones before it, trainer and lead stand side by side."""

    AGENT = "agent"
    LEAD = "lead"
    TRAINER = "trainer"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Agent:
    """A person with an account on the desk."""

    id: int
    login: str
    name: str
    role: Role
    teams: tuple[str, ...] = ()


class Priority(IntEnum):
    """Order in the queue: lower first."""

    URGENT = 0  # lost card, fraud, unauthorised transaction
    COMPLAINT = 1
    NORMAL = 2


class Reason(StrEnum):
    """Why a person was asked for."""

    REQUESTED = "requested"
    URGENT = "urgent"
    COMPLAINT = "complaint"
    NOT_UNDERSTOOD = "not_understood"
    NOT_HELPED = "not_helped"
    ANGRY = "angry"
    ERROR = "error"
    TRANSFER = "transfer"
    TAKEN_OVER = "taken_over"  # an agent took it from the assistant unasked
    OUTSIDE_REPLY = "outside_reply"
    ATTACHMENT = "attachment"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A conversation's time with the desk, from the request to its end."""

    id: int
    conversation_id: int
    team: str
    priority: Priority
    reason: Reason
    opened_at: datetime
    agent_id: int | None = None
    claimed_at: datetime | None = None


class TicketKind(StrEnum):
    """What is taken down."""

    COMPLAINT = "complaint"
    IDEA = "idea"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A complaint or an idea with its reference. `due_on` is the legal deadline of a complaint's answer."""

    id: int
    reference: str
    kind: TicketKind
    conversation_id: int
    topic: str | None
    team: str
    text: str
    status: str
    created_at: datetime
    due_on: date | None = None


class CallbackStatus(StrEnum):
    """The life of a promised phone call."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class CallOutcome(StrEnum):
    """How an attempt to call ended."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    WRONG_NUMBER = "wrong_number"


@dataclass(frozen=True, slots=True)
class Callback:
    """A phone call that was promised. `code` is shown in the chat, and the caller must quote it."""

    id: int
    reference: str
    conversation_id: int
    phone: str  # E.164
    team: str
    due_at: datetime  # UTC
    code: str
    status: CallbackStatus
    language: str
    topic: str | None = None
