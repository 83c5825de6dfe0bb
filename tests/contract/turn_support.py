"""Turns and deliveries on a real database, with a brain and channels that do what a test tells them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, select

from bot.company import Company
from bot.inbox import cleaned, store_events
from bot.live import RedisLive
from bot.ports import Work
from bot.storage import schema
from bot.storage.database import Database
from bot.turn import LEASE_SECONDS, Turns, lease
from bot.types.effects import Say, TurnResult
from bot.types.message import Delivered, Delivery, EventKind, InboundEvent, OutboundMessage
from bot.types.understanding import Understanding
from tests.clock import SettableClock
from tests.contract.desk_support import our_texts

#: Seconds after which a turn's lease has lapsed.
LEASE_OVER = LEASE_SECONDS + 1
Answer = TurnResult | Exception | Callable[[Work], Awaitable[TurnResult]]


class BrainFailed(Exception):
    """What a failing brain raises."""


class GivenBrain:
    """Implements `ports.Brain`: gives the answers it was given, one a turn, the last one for ever."""

    model = "given"

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.turns: list[Work] = []

    async def turn(self, work: Work, now: datetime) -> TurnResult:
        self.turns.append(work)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, TurnResult) else await answer(work)

    async def understand(self, text: str) -> Understanding:
        return Understanding("pl", "question", 1.0)


async def echo(work: Work) -> TurnResult:
    """Says the customer's words back."""
    return TurnResult("answer", (Say(f"echo: {work.message.text}"),))


@dataclass
class House:
    """The parts of a service around one database. Time stands still until a test moves it."""

    database: Database
    live: RedisLive
    company: Company
    clock: SettableClock
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def turns(self, brain: GivenBrain, worker: str = "w1", clock: SettableClock | None = None) -> Turns:
        return Turns(self.database, self.live, clock or self.clock, brain, self.company, our_texts(), worker)

    def leases(self, worker: str) -> Work | None:
        """The worker takes what waits longest, and does nothing about it."""
        return self.database.write_now(lambda tx: lease(tx, worker, self.now))[0]

    def event(self, text: str = "Dzień dobry", sender: str = "ewa", **fields: Any) -> InboundEvent:
        given: dict[str, Any] = {"channel": "webchat", "kind": EventKind.TEXT, "brand": "modrzew", "locale": "pl"}
        given |= {"external_id": f"e{next(self.numbers)}", "sent_at": self.now} | fields
        return InboundEvent(sender=sender, text=text, **given)

    def receives(self, *events: InboundEvent) -> int:
        """How many were new."""
        clean = [cleaned(event) for event in events]
        return self.database.write_now(lambda tx: store_events(tx, clean, self.company, self.now))[0]

    def says(self, text: str = "Dzień dobry", sender: str = "ewa", **fields: Any) -> int:
        """A customer's message; its conversation's id."""
        assert self.receives(self.event(text, sender, **fields)) == 1
        (row,) = self.rows(schema.messages, schema.messages.c.author == "customer")[-1:]
        return int(row.conversation_id)

    def rows(self, table: Table, *where: ColumnElement[bool]) -> Sequence[Row[Any]]:
        """Rows in the order of their keys."""
        query = select(table).where(*where).order_by(*table.primary_key)
        return self.database.read_now(lambda tx: tx.connection.execute(query).all())

    def texts(self, author: str = "assistant") -> list[str]:
        """What was said, in order."""
        return [row.text for row in self.rows(schema.messages, schema.messages.c.author == author)]

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that is stored, but for leases and attempts: what a turn that comes to nothing leaves as it was."""
        hidden = {"lease", "lease_until", "attempts", "due_at", "updated_at"}
        return {
            table.name: [
                tuple(value for name, value in row._mapping.items() if name not in hidden) for row in self.rows(table)
            ]
            for table in schema.metadata.sorted_tables
        }

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)


class GivenChannel:
    """Implements `ports.Channel`: answers as it was told, by the message's text; else it delivers."""

    def __init__(self, name: str = "telegram") -> None:
        self.name = name
        self.tried: list[str] = []
        self.answers: dict[str, list[Delivery]] = {}
        self.hanging: set[str] = set()
        self._let_go = asyncio.Event()
        self._changed = asyncio.Condition()

    async def send(self, message: OutboundMessage) -> Delivery:
        async with self._changed:
            self.tried.append(message.text)
            self._changed.notify_all()
        if message.text in self.hanging:
            await self._let_go.wait()
        answers = self.answers.get(message.text, [])
        return answers.pop(0) if answers else Delivered(f"{self.name}-{message.id}")

    def let_go(self) -> None:
        """What hangs is delivered."""
        self._let_go.set()

    async def wait_for(self, count: int) -> list[str]:
        """The texts that were tried, once there are at least `count`."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: len(self.tried) >= count)
        return self.tried
