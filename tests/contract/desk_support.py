"""A desk on a real database: customers write through the inbox, turns are committed as the worker commits them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import TypeVar

from bot.company import Company, load_company
from bot.content import load_faq, load_texts
from bot.inbox import cleaned, store_events
from bot.ports import Knowledge, Texts, Tx
from bot.storage import accounts
from bot.storage.console import connection_of
from bot.storage.database import Database
from bot.turn import commit, lease
from bot.types.desk import Agent, Priority, Reason, Role
from bot.types.effects import Effect, RequestAgent, Say, TurnResult
from bot.types.message import EventKind, InboundEvent
from bot.types.understanding import Guess, Understanding
from handoff.console.passwords import hash_password
from tests.clock import SettableClock

DATA = Path(__file__).resolve().parent.parent.parent / "data"
PASSWORD = "correct horse"
HASH = hash_password(PASSWORD)

T = TypeVar("T")


@cache
def our_texts() -> Texts:
    return load_texts(DATA / "texts")


@cache
def our_faq() -> Knowledge:
    return load_faq(DATA / "faq", load_company(DATA.parent / "okienko.yml"))


@dataclass
class Desk:
    """What a test needs at hand."""

    database: Database
    company: Company
    clock: SettableClock
    texts: Texts = field(default_factory=our_texts)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.clock.set(datetime.now(UTC))  # the inbox stamps messages with the system's time
        self.knowledge = our_faq()

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def write(self, work: Callable[[Tx], T]) -> T:
        return self.database.write_now(work)[0]

    def read(self, work: Callable[[Tx], T]) -> T:
        return self.database.read_now(work)

    def agent(self, login: str, role: Role = Role.AGENT, *teams: str, name: str = "") -> Agent:
        name = name or f"{login.capitalize()} Kowalska"
        self.write(lambda tx: accounts.add_agent(connection_of(tx), login, name, role, teams, HASH, self.now))
        found = self.read(lambda tx: tx.agent_by_login(login))
        assert found is not None
        return found

    def customer_writes(
        self, text: str, sender: str = "ewa", channel: str = "webchat", kind: EventKind = EventKind.TEXT
    ) -> int:
        """The conversation's id."""
        event = InboundEvent(
            channel=channel, external_id=f"e{next(self.numbers)}", kind=kind, sender=sender, sent_at=self.now,
            text=text, brand="modrzew", name=sender.capitalize(), locale="pl",
        )  # fmt: skip
        self.write(lambda tx: store_events(tx, [cleaned(event)], self.company, self.now))
        query = "SELECT id FROM conversations WHERE contact_id = (SELECT id FROM contacts WHERE external_id = '{}')"
        return int(self.read(lambda tx: connection_of(tx).exec_driver_sql(query.format(sender)).scalar_one()))

    def turn(self, *effects: Effect, topic: str | None = "card_pin", intent: str = "question") -> None:
        """The turn of the message that waits longest."""
        self.clock.set(max(self.now, datetime.now(UTC)))
        work = self.write(lambda tx: lease(tx, "w1", self.now))
        assert work is not None
        topics = (Guess(topic, 0.9),) if topic is not None else ()
        understood = Understanding("pl", intent, 0.95, topic, 0.9 if topic else 0.0, topics)
        result = TurnResult("answer", effects, understanding=understood)
        self.write(lambda tx: commit(tx, work, result, self.now))

    def waiting(self, sender: str = "ewa", priority: Priority = Priority.NORMAL, team: str = "cards") -> int:
        """A conversation in the queue."""
        conversation_id = self.customer_writes("chcę rozmawiać z człowiekiem", sender)
        request = RequestAgent(team, Reason.REQUESTED, priority, "card_pin")
        self.turn(Say("Już szukam."), request, topic=None, intent="human")
        return conversation_id
