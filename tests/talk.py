"""A conversation with the real dialogue (Rasa, the trained model, the demo company), without a server or a database."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from bot.ports import Brain, Work
from bot.types.conversation import Contact, Conversation, CustomerMessage, Holder, Status
from bot.types.desk import Assignment, Ticket, TicketKind
from bot.types.effects import Effect, OpenTicket, RequestAgent, Say, TurnResult
from bot.types.languages import Language
from bot.types.message import Button, EventKind
from bot.types.understanding import Understanding

#: A Wednesday, 11:00 in Warsaw: every team is at work.
WORKING_HOURS = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
#: A Sunday, 23:30 in Warsaw: only the security team is.
NIGHT = datetime(2026, 3, 8, 22, 30, tzinfo=UTC)

E = TypeVar("E", bound=Effect)


@dataclass
class Talk:
    """One customer's conversation; turn by turn it keeps what the database would."""

    brain: Brain
    loop: asyncio.AbstractEventLoop
    now: datetime = WORKING_HOURS
    language: Language = "pl"
    brand: str = "modrzew"
    holder: Holder = Holder.ASSISTANT
    queue: Mapping[tuple[str, int], int] = field(default_factory=dict)
    result: TurnResult = field(default_factory=lambda: TurnResult("none"))
    _events: tuple[dict[str, Any], ...] = ()
    _ticket: Ticket | None = None
    _assignment: Assignment | None = None
    _understood: bool = False
    _count: int = 0

    def say(self, text: str) -> str:
        """The customer writes; all that the assistant says to it."""
        return self._turn(CustomerMessage(self._next(), EventKind.TEXT.value, text))

    def press(self, title: str) -> str:
        """The customer presses a button of the last answer."""
        button = next(button for button in self.buttons if button.title == title)
        return self._turn(CustomerMessage(self._next(), EventKind.BUTTON.value, button.title, button.payload))

    def send(self, kind: EventKind, *, payload: str = "", phone: str = "", text: str = "") -> str:
        """Something else comes from the channel."""
        files = ({"type": "image"},) if kind is EventKind.ATTACHMENT else ()
        return self._turn(CustomerMessage(self._next(), kind.value, text, payload, phone, files))

    @property
    def buttons(self) -> list[Button]:
        """The buttons of the last turn."""
        return [button for effect in self.of(Say) for button in effect.buttons]

    @property
    def understood(self) -> Understanding:
        """What was understood of the last message."""
        assert self.result.understanding is not None
        return self.result.understanding

    def of(self, kind: type[E]) -> list[E]:
        """The last turn's effects of a kind."""
        return [effect for effect in self.result.effects if isinstance(effect, kind)]

    def the(self, kind: type[E]) -> E:
        """The last turn's only effect of a kind."""
        found = self.of(kind)
        assert len(found) == 1, f"{len(found)} of {kind.__name__} in {self.result.effects}"
        return found[0]

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _turn(self, message: CustomerMessage) -> str:
        contact = Contact(1, "webchat", "session")
        conversation = Conversation(1, contact, "webchat", self.brand, self.language, self.holder, Status.OPEN, fence=0)
        work = Work(
            lease="lease",
            conversation=conversation,
            message=message,
            events=self._events,
            attempt=1,
            assignment=self._assignment,
            queue=self.queue,
            open_ticket=self._ticket,
            spoken_before=self._count > 1,
            understood_before=self._understood,
        )
        self.result = self.loop.run_until_complete(self.brain.turn(work, self.now))
        self._remember()
        return "\n".join(say.text for say in self.of(Say))

    def _remember(self) -> None:
        result = self.result
        self._events = result.events if result.fresh else (*self._events, *result.events)[-60:]
        self.language = result.language or self.language
        for ticket in self.of(OpenTicket):
            if ticket.kind is TicketKind.COMPLAINT:
                self._ticket = Ticket(
                    1, ticket.reference, ticket.kind, 1, ticket.topic, ticket.team, ticket.text, "open", self.now
                )
        self._understood = self._understood or result.understanding is not None
        for request in self.of(RequestAgent):
            self.holder = Holder.QUEUE
            if self._assignment is None or request.priority < self._assignment.priority:
                self._assignment = Assignment(1, 1, request.team, request.priority, request.reason, self.now)
