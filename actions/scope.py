"""What an action is given besides Rasa's tracker, and where it puts what it decided.

Actions run in the worker's own process, inside one turn. They write nothing: what they decide (messages, tickets, a
request for a person) is gathered here in order and written by the turn's single transaction, or not at all.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from rasa_sdk.executor import CollectingDispatcher

from bot.company import Company
from bot.ports import Knowledge, Texts, Work
from bot.types.conversation import Holder
from bot.types.desk import Priority, Reason
from bot.types.effects import Effect, RequestAgent, Say
from bot.types.languages import Language
from bot.types.message import Button
from bot.types.understanding import Action, Understanding
from handoff.routing import team_for


@dataclass(slots=True)
class Scope:
    """One turn, as its actions see it."""

    work: Work
    now: datetime
    language: Language
    understanding: Understanding
    intent: str  # as the rules see it: the understood one, nlu_fallback, urgent, or a button's
    spoken: bool  # the message is words, not a button, a file or the like
    company: Company
    texts: Texts
    knowledge: Knowledge
    angry: bool = False
    new_session: bool = False  # the introduction was said in this very turn
    effects: list[Effect] = field(default_factory=list)
    outcome: Action | None = None

    @property
    def brand(self) -> str:
        """The conversation's brand."""
        return self.work.conversation.brand

    @property
    def waiting(self) -> bool:
        """Whether the customer waits for a person already, or was put into the queue in this turn."""
        return self.work.conversation.holder is Holder.QUEUE or self.requested

    @property
    def answered(self) -> bool:
        """Whether anything but the introduction was said."""
        return sum(isinstance(effect, Say) for effect in self.effects) > int(self.new_session)

    @property
    def requested(self) -> bool:
        """Whether this turn asks for a person."""
        return any(isinstance(effect, RequestAgent) for effect in self.effects)

    def text(self, key: str, **values: object) -> str:
        """A sentence of the assistant in the customer's language."""
        return self.texts.say(key, self.language, brand=self.company.brands[self.brand].name, **values)

    def button(self, name: str, payload: str, **values: object) -> Button:
        """A button of the assistant in the customer's language."""
        return Button(self.text(f"button.{name}", **values), payload)

    def say(
        self,
        dispatcher: CollectingDispatcher,
        text: str,
        buttons: Sequence[Button] = (),
        *,
        ask_phone: bool = False,
    ) -> None:
        """Says something: to the customer, and to Rasa's tracker."""
        dispatcher.utter_message(text=text, buttons=[{"title": b.title, "payload": b.payload} for b in buttons])
        phone_title = self.text("button.share_phone") if ask_phone else ""
        self.effects.append(Say(text, tuple(buttons), ask_phone, phone_title))

    def did(self, outcome: Action) -> None:
        """Names the turn's outcome; what came first in a turn stands."""
        if self.outcome is None:
            self.outcome = outcome

    def topic_team(self, topic: str | None) -> str:
        """The team that looks after a topic."""
        return team_for(self.company, topic)

    def request_agent(self, topic: str | None, reason: Reason, priority: Priority = Priority.NORMAL) -> str:
        """Puts the conversation into the queue of the topic's team; the team."""
        team = self.topic_team(topic)
        self.effects.append(RequestAgent(team, reason, priority, topic))
        return team

    def team_name(self, team: str) -> str:
        """A team's name as customers read it."""
        names = self.company.teams[team].name
        return names.get(self.language) or next(iter(names.values()))


current_scope: ContextVar[Scope] = ContextVar("okienko_turn")


def scope() -> Scope:
    """The running turn."""
    return current_scope.get()


def tells(turn: Scope, intents: frozenset[str]) -> bool:
    """Whether the message is words of one of these intents, and so may be what a form asks for."""
    return turn.spoken and bool(turn.work.message.text) and turn.intent in intents
