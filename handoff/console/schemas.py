"""The API's shapes: what it accepts (unknown fields refused, sizes bounded) and what it answers."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bot.types.desk import CallOutcome
from bot.types.languages import Language


def _storable(text: str) -> str:
    """Without NUL, which PostgreSQL cannot store; refuses halves of characters, which nothing can encode."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("holds a lone surrogate, which is no character")
    return text.replace("\0", "")


Clean = Annotated[str, AfterValidator(_storable)]
Short = Annotated[Clean, Field(max_length=64)]
Id = Annotated[int, Field(ge=0, lt=10**18)]

PriorityName = Literal["urgent", "complaint", "normal"]


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LoginBody(_Given):
    """Who wants in."""

    login: Annotated[Clean, Field(min_length=1, max_length=64)]
    password: Annotated[Clean, Field(min_length=1, max_length=256)]


class MessageBody(_Given):
    """An answer to the customer, or a note for colleagues."""

    text: Annotated[Clean, Field(min_length=1, max_length=10_000)]
    note: bool = False


class TransferBody(_Given):
    """Where a conversation goes: a team's queue, or an agent (by login)."""

    team: Short | None = None
    agent: Short | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> "TransferBody":
        if self.team is None and self.agent is None:
            raise ValueError("name a team or an agent")
        return self


class AttemptBody(_Given):
    """How an attempt to call ended."""

    outcome: CallOutcome
    note: Annotated[Clean, Field(max_length=2000)] = ""


class ConversationsQuery(_Given):
    """Which conversations; `before` is the last one of the page before."""

    holder: Literal["queue", "me", "assistant", "agent", "any"] = "any"
    status: Literal["open", "resolved", "any"] = "open"
    team: Short | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    before: Id | None = None


class TicketsQuery(_Given):
    """Which tickets; `before` is the last one of the page before."""

    kind: Literal["complaint", "idea"] | None = None
    status: Literal["open", "closed"] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 200
    before: Id | None = None


class CallbacksQuery(_Given):
    """Which promised calls."""

    status: Literal["waiting", "done", "failed", "cancelled"] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 200


class LiveQuery(_Given):
    """The last change that was seen; everything after it is sent. Without it, what happens from now on."""

    cursor: Annotated[int, Field(ge=0, lt=10**18)] | None = None


class AgentShape(BaseModel):
    """A person of the desk."""

    id: int
    login: str
    name: str
    role: str
    teams: list[str]


class NamedAgent(BaseModel):
    """A person of the desk, beside what they did."""

    id: int
    name: str


class LoginAnswer(BaseModel):
    """The token goes into `Authorization: Bearer` from here on."""

    token: str
    agent: AgentShape
    expires_at: datetime


class BrandShape(BaseModel):
    """A brand's looks."""

    name: str
    colour: str


class TopicShape(BaseModel):
    """A topic with its article's short title."""

    id: str
    name: Mapping[Language, str]


class MeAnswer(BaseModel):
    """Who is logged in, and the company's words."""

    agent: AgentShape
    teams: Mapping[str, Mapping[Language, str]]
    brands: Mapping[str, BrandShape]
    topics: list[TopicShape]


class ContactShape(BaseModel):
    """A customer."""

    id: int
    name: str


class TriageShape(BaseModel):
    """What the assistant understood."""

    intent: str
    intent_confidence: float
    topic: str | None
    topic_confidence: float


class LastMessage(BaseModel):
    """The latest words."""

    author: str
    text: str
    at: datetime


class ConversationShape(BaseModel):
    """A conversation in a list."""

    id: int
    channel: str
    brand: str
    language: str
    holder: Literal["assistant", "queue", "agent"]
    status: Literal["open", "resolved"]
    agent: AgentShape | None
    team: str | None
    contact: ContactShape
    triage: TriageShape | None
    waiting_since: datetime | None
    priority: PriorityName | None
    reason: str | None
    last_message: LastMessage | None
    customer_words: str  # the customer's own latest words: what somebody in the queue wants
    updated_at: datetime


class ReplyWindow(BaseModel):
    """Until when the platform lets a person answer; null = without limit."""

    agent_until: datetime | None


class OpenConversation(ConversationShape):
    """A conversation by itself."""

    reply_window: ReplyWindow


class ButtonShape(BaseModel):
    """A choice that was offered."""

    title: str
    payload: str


class DeliveryShape(BaseModel):
    """How far a message of ours got."""

    state: str
    reason: str | None


class MessageShape(BaseModel):
    """One message or note. `outcome` is what the assistant made of a customer's message."""

    id: int
    author: Literal["customer", "assistant", "agent", "system", "note"]
    agent: NamedAgent | None
    text: str
    buttons: list[ButtonShape]
    attachments: list[dict[str, Any]]
    at: datetime
    kind: str
    delivery: DeliveryShape | None
    understanding: dict[str, Any] | None
    outcome: str | None


class TicketShape(BaseModel):
    """A complaint or an idea."""

    id: int
    reference: str
    kind: Literal["complaint", "idea"]
    topic: str | None
    team: str
    text: str
    status: Literal["open", "closed"]
    due_on: date | None
    created_at: datetime
    conversation_id: int
    language: str
    brand: str


class AttemptShape(BaseModel):
    """One attempt to call."""

    outcome: str
    note: str
    agent: NamedAgent
    at: datetime


class CallbackShape(BaseModel):
    """A promised call. `code` is what the caller must quote."""

    id: int
    reference: str
    phone: str
    language: str
    topic: str | None
    team: str
    due_at: datetime
    code: str
    status: Literal["waiting", "done", "failed", "cancelled"]
    attempts: list[AttemptShape]
    conversation_id: int
    brand: str
    name: str


class AssignmentShape(BaseModel):
    """A stretch of a conversation's time with the desk."""

    team: str
    priority: PriorityName
    reason: str
    opened_at: datetime
    agent: AgentShape | None
    claimed_at: datetime | None
    closed_at: datetime | None
    result: str | None


class PlaybookShape(BaseModel):
    """A ready answer."""

    topic: str
    title: str
    text: str


class CountsShape(BaseModel):
    """Open conversations: waiting, with who asks, with the assistant."""

    queue: int
    me: int
    assistant: int


class ConversationsAnswer(BaseModel):
    """A page; `cursor` is the feed's place to follow from."""

    conversations: list[ConversationShape]
    counts: CountsShape
    cursor: int


class ConversationDetail(BaseModel):
    """All about one conversation; `cursor` is the feed's place to follow from."""

    conversation: OpenConversation
    messages: list[MessageShape]
    tickets: list[TicketShape]
    callbacks: list[CallbackShape]
    assignments: list[AssignmentShape]
    playbook: list[PlaybookShape]
    cursor: int


class ConversationAnswer(BaseModel):
    """The conversation as it is now."""

    conversation: OpenConversation


class MessageAnswer(BaseModel):
    """The message as it was stored."""

    message: MessageShape


class TicketsAnswer(BaseModel):
    """Tickets, the newest first."""

    tickets: list[TicketShape]


class TicketAnswer(BaseModel):
    """The ticket as it is now."""

    ticket: TicketShape


class CallbacksAnswer(BaseModel):
    """Promised calls, those that wait first."""

    callbacks: list[CallbackShape]


class CallbackAnswer(BaseModel):
    """The promised call as it is now."""

    callback: CallbackShape


class ErrorBody(BaseModel):
    """A code for machines and a sentence for people."""

    code: str
    message: str


class ErrorAnswer(BaseModel):
    """What went wrong."""

    error: ErrorBody
