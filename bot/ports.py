"""The interfaces that flows need, in the core's own words. Adapters implement them; flows never see SQL or Redis.

All writing happens inside a transaction: `Store.write(work, ...)` runs `work(tx, ...)` in one transaction and, only
after its commit, announces what the work asked for with `tx.wake(...)`. `Tx` is split by what flows do with it.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from bot.types.article import Article
from bot.types.conversation import Contact, Conversation, CustomerMessage, Holder, Status
from bot.types.desk import Agent, Assignment, Callback, CallbackStatus, CallOutcome, Priority, Reason, Ticket
from bot.types.effects import AddToTicket, BookCallback, OpenTicket, TurnResult
from bot.types.languages import Language
from bot.types.message import (
    Author,
    Button,
    Delivery,
    DeliveryState,
    InboundEvent,
    OutboundMessage,
    Receipt,
)
from bot.types.understanding import Understanding

P = ParamSpec("P")
T = TypeVar("T")

#: What can be announced. Everyone also looks at the database once a second, so a lost announcement is only late.
WAKE_TURNS = "turns"  # a customer's message waits
WAKE_OUTBOX = "outbox"  # an outgoing message waits
WAKE_LIVE = "live"  # the change feed grew
WAKE_WEBCHAT = "webchat"  # a message for a widget was released
WAKE_TYPING = "typing:{conversation_id}"  # the conversation's agent types; nothing is stored


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> datetime:
        """The present moment, UTC."""


class InboxTx(Protocol):
    """Storing what came in."""

    def lock_senders(self, senders: Collection[tuple[str, str]]) -> None:
        """Locks the conversations of (channel, sender) pairs, always in the same order."""

    def record_event(self, event: InboundEvent, now: datetime) -> int | None:
        """Stores the event; its id, or None if (channel, external_id) is known already."""

    def contact_for(self, event: InboundEvent, now: datetime) -> Contact:
        """The sender's contact, made if new; name and locale are brought up to date."""

    def last_brand(self, contact: Contact) -> str | None:
        """The brand that the contact wrote to last, for channels that name it only once (a deep link)."""

    def conversation_for(self, contact: Contact, brand: str, language: Language, now: datetime) -> Conversation:
        """The contact's conversation with the brand, made if new."""

    def customer_message(self, conversation: Conversation, event_id: int, event: InboundEvent, now: datetime) -> int:
        """Adds the customer's message and lets it wait for its turn; reopens the conversation. Its id."""

    def offered_buttons(self, conversation_id: int) -> Sequence[Button]:
        """The buttons of the last message of ours that had any."""

    def apply_receipt(self, channel: str, sender: str, receipt: Receipt) -> None:
        """Moves outgoing messages forward (never back) to delivered or read."""


@dataclass(frozen=True, slots=True)
class Work:
    """A leased conversation with its oldest waiting message: all that a turn needs, read in one go."""

    lease: str
    conversation: Conversation
    message: CustomerMessage
    events: tuple[dict[str, Any], ...]  # the dialogue's own events of the session, oldest first, bounded
    attempt: int  # 1 for the first try
    assignment: Assignment | None = None  # the open one, where the conversation waits for a person
    queue_ahead: int = 0  # customers ahead in the team's queue, where the conversation waits
    queue: Mapping[tuple[str, int], int] = field(default_factory=dict)  # others who wait, by (team, priority)
    open_ticket: Ticket | None = None  # the conversation's latest open complaint
    spoken_before: bool = False  # whether the assistant has said anything in this conversation yet
    understood_before: bool = False  # whether the customer has written any words before

    def ahead_of(self, team: str, priority: int) -> int:
        """How many would be ahead of this conversation if it joined the team's queue now."""
        return sum(count for (name, level), count in self.queue.items() if name == team and level <= priority)


class TurnTx(Protocol):
    """Leasing messages and writing what their turns decided."""

    def lease_turn(self, worker: str, now: datetime, seconds: float) -> Work | None:
        """Leases the conversation whose oldest waiting message is due longest; None where nothing waits."""

    def check_lease(self, work: Work, now: datetime) -> Conversation:
        """The conversation as it is now, locked; raises Stale if the lease or the fence is no longer ours."""

    def finish_turn(self, work: Work, result: TurnResult, now: datetime) -> int:
        """Writes the turn's own row (one per message), understanding and dialogue events; ends the lease.
        The turn's id."""

    def postpone_turn(self, work: Work, due_at: datetime) -> None:
        """Gives the lease back; the message is tried again at `due_at`."""

    def free_leases(self, gone: Callable[[str], bool]) -> int:
        """Ends the leases of workers that are `gone(name)`, so that nobody waits for them to lapse; how many."""

    def open_ticket(self, conversation: Conversation, message_id: int, ticket: OpenTicket, now: datetime) -> int:
        """Stores a ticket; its id."""

    def add_to_ticket(self, addition: AddToTicket, now: datetime) -> None:
        """Appends the customer's words to an open ticket."""

    def book_callback(self, conversation: Conversation, callback: BookCallback, now: datetime) -> int:
        """Stores a promised call; its id."""

    def worker_seen(self, worker: str, model: str, now: datetime) -> None:
        """A worker's sign of life, with the model it serves."""


class OutboxTx(Protocol):
    """Messages on their way to customers."""

    def add_message(
        self,
        conversation: Conversation,
        author: Author,
        text: str,
        now: datetime,
        *,
        buttons: Sequence[Button] = (),
        ask_phone: bool = False,
        phone_title: str = "",
        agent_id: int | None = None,
        in_reply_to: int | None = None,
    ) -> int:
        """Adds a message; all but notes wait in the outbox. Its id."""

    def lease_deliveries(
        self, now: datetime, seconds: float, limit: int, channels: Collection[str]
    ) -> Sequence[OutboundMessage]:
        """Leases due messages: at most one a conversation, and none that has an undelivered one before it."""

    def settle_delivery(
        self,
        message_id: int,
        attempt: int,
        state: DeliveryState,
        now: datetime,
        *,
        external_id: str = "",
        reason: str = "",
        due_at: datetime | None = None,
        counts: bool = True,
    ) -> DeliveryState:
        """Writes how attempt number `attempt` ended: SENT, FAILED with a reason, or STORED again with `due_at`.

        `counts=False`: it was no failure, so it does not bring giving up nearer.
        Returns the state that the message is in now: it is another one where a receipt was faster than the answer, or
        where the attempt's lease had lapsed and a later attempt took over.
        """


class DeskTx(Protocol):
    """Holding conversations."""

    def conversation(self, conversation_id: int, *, lock: bool = False) -> Conversation:
        """Raises NotFound."""

    def set_holder(
        self, conversation_id: int, holder: Holder, *, agent_id: int | None = None, team: str | None = None
    ) -> None:
        """Changes the holder and raises the fence."""

    def set_status(self, conversation_id: int, status: Status) -> None:
        """Open or resolved."""

    def set_language(self, conversation_id: int, language: Language) -> None:
        """The language that the customer is answered in."""

    def forget_dialogue(self, conversation_id: int) -> None:
        """The next turn starts a new session: older dialogue events are no longer read."""

    def open_assignment(self, conversation_id: int) -> Assignment | None:
        """The one open assignment, if any."""

    def add_assignment(
        self, conversation_id: int, team: str, priority: Priority, reason: Reason, topic: str | None, now: datetime
    ) -> int:
        """Opens one; the schema refuses a second."""

    def change_assignment(
        self,
        assignment_id: int,
        *,
        team: str | None = None,
        priority: Priority | None = None,
        agent_id: int | None = None,
        claimed_at: datetime | None = None,
        release: bool = False,
    ) -> None:
        """Changes what is given; `release` takes the agent off."""

    def close_assignment(self, assignment_id: int, result: str, now: datetime) -> None:
        """Ends it: resolved, returned."""

    def agent(self, agent_id: int) -> Agent:
        """Raises NotFound."""

    def agent_by_login(self, login: str) -> Agent | None:
        """The account of that login, if there is one and it is not disabled."""

    def callback(self, callback_id: int) -> Callback:
        """Raises NotFound."""

    def add_attempt(self, callback_id: int, agent_id: int, outcome: CallOutcome, note: str, now: datetime) -> int:
        """Logs an attempt to call; the number of attempts so far."""

    def set_callback(self, callback_id: int, status: CallbackStatus, due_at: datetime | None = None) -> None:
        """Changes a callback's status and, where given, its time."""


@dataclass(frozen=True, slots=True)
class WidgetMessage:
    """A message as the web widget shows it. `client_id` is the widget's own id of a customer's message."""

    id: int
    session: str
    brand: str
    author: Author
    text: str
    at: datetime
    name: str = ""
    buttons: tuple[Button, ...] = ()
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class WidgetConversation:
    """A session's conversation, and who holds it."""

    id: int
    holder: Holder


class WidgetTx(Protocol):
    """What the web widget shows."""

    def widget_history(self, session: str, brand: str, after: int) -> Sequence[WidgetMessage]:
        """All that a session may see with an id above `after`, in order, its own messages included."""

    def widget_unreleased(self, session: str, brand: str) -> int | None:
        """The first message of ours that is still in the outbox for a session."""

    def widget_released(self, sessions: Collection[str], since: datetime) -> Sequence[WidgetMessage]:
        """Messages of ours that left the outbox since a moment, for these sessions, in order."""

    def widget_conversation(self, session: str, brand: str) -> WidgetConversation | None:
        """The session's conversation; None before its first message."""


class Tx(InboxTx, TurnTx, OutboxTx, DeskTx, WidgetTx, Protocol):
    """One transaction."""

    def change(self, kind: str, conversation_id: int | None, data: Mapping[str, Any], now: datetime) -> None:
        """Adds to the change feed that consoles follow (`{"cursor", "type", ...}`)."""

    def wake(self, topic: str) -> None:
        """Announces `topic` once the transaction is committed; nothing if it is not."""


class Store(Protocol):
    """The database."""

    async def write(self, work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work(tx, ...)` in one transaction, then announces. Any exception rolls it all back."""

    async def read(self, work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work(tx, ...)` without writing."""


class Live(Protocol):
    """Announcements and losable counters (Redis). Every method copes with Redis being away."""

    async def wake(self, topics: Iterable[str]) -> None:
        """Announces topics to every process."""

    def listen(self, topic: str, *, every: float = 1.0) -> AsyncIterator[None]:
        """Yields whenever the topic is announced, and at least once in `every` seconds; the first time at once."""

    async def allow(self, key: str, limit: int, seconds: int) -> bool:
        """Counts a use of `key`; False once there were more than `limit` in the window. True if Redis is away."""

    async def forget(self, key: str) -> None:
        """Resets a counter."""


class Channel(Protocol):
    """A way to reach customers."""

    name: str

    async def send(self, message: OutboundMessage) -> Delivery:
        """One message to its recipient, within the platform's limits (bot/types/platform.py; texts arrive split).
        Never raises for what the platform or the network does: returns Delivered, Later or Refused."""


class Brain(Protocol):
    """The dialogue: pure computation, no input or output."""

    model: str

    async def turn(self, work: Work, now: datetime) -> TurnResult:
        """What to do about the message. Nothing is written."""

    async def understand(self, text: str) -> Understanding:
        """What is understood of a text, without a dialogue."""


class Knowledge(Protocol):
    """The FAQ."""

    def article(self, topic: str, brand: str, day: datetime) -> Article | None:
        """The article on a topic for a brand on a day: the brand's own before the general one."""

    def topics(self) -> Sequence[str]:
        """All topics that have an article."""


class Texts(Protocol):
    """The assistant's own sentences."""

    def say(self, key: str, language: Language, **values: object) -> str:
        """The sentence in that language with its placeholders filled."""

    def group(self, prefix: str, language: Language) -> Mapping[str, str]:
        """All sentences whose key begins with the prefix, by the rest of the key, unfilled."""
