"""What the schema and the transactions promise, on SQLite and on PostgreSQL."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Table, TextClause, func, insert, select, text, update
from sqlalchemy.event import listen
from sqlalchemy.exc import IntegrityError, StatementError

from bot.company import Company
from bot.errors import UserMistake
from bot.inbox import store_events
from bot.live import RedisLive
from bot.ports import WAKE_TURNS, Work
from bot.storage import schema
from bot.storage.database import Database, open_database
from bot.storage.migrate import MIGRATION_LOCK, is_current, migrate
from bot.storage.tx import SqlTx
from bot.types.conversation import Conversation, Holder
from bot.types.desk import Priority, Reason, TicketKind
from bot.types.effects import OpenTicket, TurnResult
from bot.types.message import EventKind, InboundEvent
from tests import servers

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
EVENT = InboundEvent(channel="webchat", external_id="e-1", kind=EventKind.TEXT, sender="s-1", sent_at=NOW, text="Hej")


def says(tx: SqlTx, event: InboundEvent = EVENT) -> tuple[Conversation, int]:
    """The event stored as the inbox stores it: the conversation and the message's id."""
    event_id = tx.record_event(event, NOW)
    assert event_id is not None
    conversation = tx.conversation_for(tx.contact_for(event, NOW), "modrzew", "pl", NOW)
    return conversation, tx.customer_message(conversation, event_id, event, NOW)


def started(database: Database) -> Conversation:
    return database.write_now(says)[0][0]


def rows_in(database: Database, table: Table) -> int:
    return database.read_now(lambda tx: tx.connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_an_event_is_stored_once_for_ever(database: Database) -> None:
    first, _ = database.write_now(lambda tx: tx.record_event(EVENT, NOW))
    again, _ = database.write_now(lambda tx: tx.record_event(replace(EVENT, text="something else"), NOW))
    elsewhere, _ = database.write_now(lambda tx: tx.record_event(replace(EVENT, channel="telegram"), NOW))
    assert first is not None
    assert again is None
    assert elsewhere not in (None, first)
    assert rows_in(database, schema.events) == 2


def test_the_same_event_from_two_processes_is_stored_once(database: Database, database_url: str) -> None:
    with another(database_url) as other, ThreadPoolExecutor(2) as threads:
        handles = [database, other] * 8
        ids = list(threads.map(lambda handle: handle.write_now(lambda tx: tx.record_event(EVENT, NOW))[0], handles))
    assert len([found for found in ids if found is not None]) == 1


def test_a_contact_has_one_conversation_with_a_brand(database: Database) -> None:
    first = started(database)
    (second, _), _ = database.write_now(lambda tx: says(tx, replace(EVENT, external_id="e-2")))
    assert second.id == first.id
    assert rows_in(database, schema.contacts) == 1
    assert rows_in(database, schema.messages) == 2


def test_a_conversation_has_one_open_assignment(database: Database) -> None:
    conversation = started(database)

    def assign(tx: SqlTx) -> int:
        return tx.add_assignment(conversation.id, "cards", Priority.NORMAL, Reason.REQUESTED, None, NOW)

    first, _ = database.write_now(assign)
    with pytest.raises(IntegrityError):
        database.write_now(assign)
    database.write_now(lambda tx: tx.close_assignment(first, "resolved", NOW))
    second, _ = database.write_now(assign)
    assert second != first


@pytest.mark.parametrize(
    ("holder", "has_agent", "allowed"),
    [
        (Holder.AGENT, True, True),
        (Holder.AGENT, False, False),
        (Holder.QUEUE, True, False),
        (Holder.QUEUE, False, True),
        (Holder.ASSISTANT, True, False),
        (Holder.ASSISTANT, False, True),
    ],
)
def test_there_is_an_agent_exactly_where_an_agent_holds(
    database: Database, holder: Holder, has_agent: bool, allowed: bool
) -> None:
    conversation = started(database)
    agent_id, _ = database.write_now(add_agent)

    def hold(tx: SqlTx) -> None:
        tx.set_holder(conversation.id, holder, agent_id=agent_id if has_agent else None, team="cards")

    if not allowed:
        with pytest.raises(IntegrityError):
            database.write_now(hold)
        return
    database.write_now(hold)
    now = database.read_now(lambda tx: tx.conversation(conversation.id))
    assert (now.holder, now.agent_id is not None) == (holder, has_agent)
    assert now.fence == conversation.fence + 1


@pytest.mark.parametrize("column", ["holder", "status"])
def test_unknown_states_are_refused(database: Database, column: str) -> None:
    conversation = started(database)
    change = update(schema.conversations).where(schema.conversations.c.id == conversation.id).values({column: "lost"})
    with pytest.raises(IntegrityError):
        database.write_now(lambda tx: tx.connection.execute(change))


def test_foreign_keys_are_enforced(database: Database) -> None:
    conversation = started(database)
    with pytest.raises(IntegrityError):
        database.write_now(lambda tx: tx.set_holder(conversation.id, Holder.AGENT, agent_id=999))
    with pytest.raises(IntegrityError):
        database.write_now(lambda tx: tx.add_assignment(999, "cards", Priority.NORMAL, Reason.REQUESTED, None, NOW))
    with pytest.raises(IntegrityError):
        database.write_now(lambda tx: tx.change("message", 999, {}, NOW))


def test_a_customers_message_comes_from_one_event_and_only_a_customers(database: Database) -> None:
    (conversation, _), _ = database.write_now(says)
    event_id = database.read_now(lambda tx: tx.connection.execute(select(schema.events.c.id)).scalar_one())

    def add(author: str, event: int | None) -> None:
        values = {"conversation_id": conversation.id, "author": author, "event_id": event, "created_at": NOW}
        database.write_now(lambda tx: tx.connection.execute(insert(schema.messages).values(**values)))

    for author, event in (("customer", None), ("assistant", event_id), ("customer", event_id)):
        with pytest.raises(IntegrityError):
            add(author, event)
    add("assistant", None)


def test_a_message_has_one_outcome(database: Database) -> None:
    started(database)
    work, _ = database.write_now(lambda tx: tx.lease_turn("w1", due(), 60))
    assert work is not None
    database.write_now(lambda tx: tx.finish_turn(work, TurnResult("answer"), due()))
    with pytest.raises(IntegrityError):
        database.write_now(lambda tx: tx.finish_turn(work, TurnResult("answer"), due()))
    assert rows_in(database, schema.turns) == 1
    assert rows_in(database, schema.pending) == 0


def test_a_conversation_is_leased_to_one_worker(database: Database, database_url: str) -> None:
    started(database)

    def lease(handle: Database) -> Work | None:
        return handle.write_now(lambda tx: tx.lease_turn("w", due(), 60))[0]

    with another(database_url) as other, ThreadPoolExecutor(2) as threads:
        leased = [work for work in threads.map(lease, [database, other] * 4) if work is not None]
    assert len(leased) == 1


def test_a_message_makes_one_ticket_of_a_kind(database: Database) -> None:
    (conversation, message_id), _ = database.write_now(says)

    def take_down(reference: str, kind: TicketKind) -> None:
        ticket = OpenTicket(reference=reference, kind=kind, topic=None, team="service", text="Zła obsługa", due_on=None)
        database.write_now(lambda tx: tx.open_ticket(conversation, message_id, ticket, NOW))

    take_down("R-1", TicketKind.COMPLAINT)
    take_down("R-2", TicketKind.IDEA)
    with pytest.raises(IntegrityError):
        take_down("R-3", TicketKind.COMPLAINT)
    with pytest.raises(IntegrityError):  # references are unique
        take_down("R-1", TicketKind.IDEA)


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    def stumble(tx: SqlTx) -> None:
        conversation, _ = says(tx)
        tx.change("message", conversation.id, {}, NOW)
        raise LookupError("halfway")

    with pytest.raises(LookupError, match="halfway"):
        database.write_now(stumble)
    for table in (
        schema.events,
        schema.contacts,
        schema.conversations,
        schema.messages,
        schema.pending,
        schema.changes,
    ):
        assert rows_in(database, table) == 0, table.name


def test_reading_writes_nothing(database: Database) -> None:
    database.read_now(lambda tx: tx.record_event(EVENT, NOW))
    assert rows_in(database, schema.events) == 0


def test_times_come_back_as_they_went_in(database: Database) -> None:
    in_warsaw = NOW.astimezone(timezone(timedelta(hours=1)))
    database.write_now(lambda tx: tx.record_event(replace(EVENT, sent_at=in_warsaw), NOW))
    stored = database.read_now(lambda tx: tx.connection.execute(select(schema.events.c.sent_at)).scalar_one())
    assert stored == NOW
    assert stored.tzinfo is UTC
    with pytest.raises(StatementError, match="without a zone"):
        database.write_now(
            lambda tx: tx.record_event(replace(EVENT, external_id="e-2", sent_at=NOW.replace(tzinfo=None)), NOW)
        )


class Witness:
    """Hears announcements, and notes what another process would see in the database at that moment."""

    def __init__(self, other: Database) -> None:
        self._other = other
        self.heard: list[tuple[frozenset[str], int]] = []

    async def wake(self, topics: Iterable[str]) -> None:
        self.heard.append((frozenset(topics), rows_in(self._other, schema.events)))


class WitnessedLive(RedisLive):
    """The real announcements, with a witness."""

    def __init__(self, url: str, witness: Witness) -> None:
        super().__init__(url)
        self._witness = witness

    async def wake(self, topics: Iterable[str]) -> None:
        names = list(topics)
        await self._witness.wake(names)
        await super().wake(names)


async def test_announcements_leave_after_the_commit(database: Database, database_url: str, redis_url: str) -> None:
    def store(tx: SqlTx) -> None:
        tx.record_event(EVENT, NOW)
        tx.wake(WAKE_TURNS)
        tx.wake(WAKE_TURNS)

    with another(database_url) as other:
        witness = Witness(other)
        live = WitnessedLive(redis_url, witness)
        database.announce_with(live)
        await database.write(store)
        await live.stop()
    assert witness.heard == [(frozenset({WAKE_TURNS}), 1)]


async def test_what_is_rolled_back_is_not_announced(database: Database, redis_url: str) -> None:
    def stumble(tx: SqlTx) -> None:
        tx.wake(WAKE_TURNS)
        raise LookupError("halfway")

    witness = Witness(database)
    live = WitnessedLive(redis_url, witness)
    database.announce_with(live)
    with pytest.raises(LookupError):
        await database.write(stumble)
    await live.stop()
    assert witness.heard == []


async def test_two_processes_write_at_once(database: Database, database_url: str) -> None:
    conversation = started(database)

    def pass_on(tx: SqlTx) -> None:
        # reads before it writes: the way in which a lock that is taken too late fails
        held = tx.conversation(conversation.id, lock=True)
        tx.set_holder(conversation.id, Holder.QUEUE if held.holder is Holder.ASSISTANT else Holder.ASSISTANT)
        tx.change("conversation", conversation.id, {"fence": held.fence + 1}, NOW)

    with another(database_url) as other:
        await asyncio.gather(*(handle.write(pass_on) for _ in range(20) for handle in (database, other)))
    assert database.read_now(lambda tx: tx.conversation(conversation.id)).fence == 40
    query = select(schema.changes.c.data).order_by(schema.changes.c.cursor)
    fences = [data["fence"] for data in database.read_now(lambda tx: tx.connection.execute(query).scalars().all())]
    assert fences == list(range(1, 41))


def test_cursors_of_the_feed_appear_in_order(postgres_url: str) -> None:
    """A later cursor that is visible before an earlier one would be skipped by whoever follows the feed."""
    added, release = threading.Event(), threading.Event()

    def before_commit(_connection: Connection) -> None:
        if not added.is_set():  # the first one
            added.set()
            assert release.wait(30)

    with another(postgres_url) as database, ThreadPoolExecutor(2) as threads:
        listen(database.engine, "commit", before_commit)
        first = threads.submit(database.write_now, lambda tx: tx.change("message", None, {"by": "slow"}, NOW))
        assert added.wait(30)
        second = threads.submit(database.write_now, lambda tx: tx.change("message", None, {"by": "quick"}, NOW))
        wait_until(lambda: second.done() or waits_for_a_lock(database))
        seen_meanwhile = rows_in(database, schema.changes)
        release.set()
        first.result(30)
        second.result(30)
        query = select(schema.changes.c.data).order_by(schema.changes.c.cursor)
        order = [data["by"] for data in database.read_now(lambda tx: tx.connection.execute(query).scalars().all())]
    assert seen_meanwhile == 0
    assert order == ["slow", "quick"]


def two_customers(database: Database) -> tuple[Conversation, Conversation]:
    other = replace(EVENT, external_id="e-2", sender="s-2")
    return started(database), database.write_now(lambda tx: says(tx, other))[0][0]


def test_who_adds_to_the_feed_waits_for_nobody_from_then_on(postgres_url: str) -> None:
    """Two transactions that add to the feed and lock conversations in another order never wait in a circle."""
    held, added = threading.Event(), threading.Event()
    calls = []

    def adds_then_locks(tx: SqlTx) -> None:
        calls.append("adds then locks")
        tx.change("message", one.id, {}, NOW)
        added.set()
        assert held.wait(30)
        tx.conversation(other.id, lock=True)

    def locks_then_adds(tx: SqlTx) -> None:
        calls.append("locks then adds")
        tx.conversation(other.id, lock=True)
        held.set()
        assert added.wait(30)
        tx.change("message", other.id, {}, NOW)

    with another(postgres_url) as database, ThreadPoolExecutor(2) as threads:
        one, other = two_customers(database)
        list(threads.map(database.write_now, (adds_then_locks, locks_then_adds)))
        assert rows_in(database, schema.changes) == 2
    assert sorted(calls) == ["adds then locks", "locks then adds"]  # nobody was rolled back to break a circle


def test_the_feed_does_not_wait_for_who_holds_a_conversation(postgres_url: str) -> None:
    with another(postgres_url) as database, ThreadPoolExecutor(1) as threads:
        ours = started(database)

        def holds(tx: SqlTx) -> None:
            tx.conversation(ours.id, lock=True)
            threads.submit(database.write_now, lambda tx: tx.change("delivery", ours.id, {}, NOW)).result(30)

        database.write_now(holds)
        assert rows_in(database, schema.changes) == 1


def test_a_payloads_conversations_are_locked_in_the_order_of_their_ids(postgres_url: str, company: Company) -> None:
    with another(postgres_url) as database, ThreadPoolExecutor(1) as threads:
        first, second = two_customers(database)
        payload = [replace(EVENT, external_id=f"new-{sender}", sender=sender) for sender in ("s-2", "s-1")]
        with database.engine.connect() as elsewhere:
            elsewhere.execute(lock_of(first))
            storing = threads.submit(database.write_now, lambda tx: store_events(tx, payload, company, NOW))
            wait_until(lambda: storing.done() or waits_for_a_row(database))
            assert not storing.done()
            elsewhere.execute(lock_of(second))  # raises if the payload has it
        assert storing.result(30)[0] == 2


def lock_of(conversation: Conversation) -> TextClause:
    return text(f"SELECT id FROM conversations WHERE id = {conversation.id} FOR UPDATE NOWAIT")


def waits_for_a_row(database: Database) -> bool:
    query = text("SELECT count(*) FROM pg_locks WHERE locktype IN ('transactionid', 'tuple') AND NOT granted")
    return bool(database.read_now(lambda tx: tx.connection.execute(query).scalar_one()))


def test_migrations_make_the_schema_that_the_code_knows(database: Database) -> None:
    with database.engine.connect() as connection:
        assert is_current(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_migrating_again_changes_nothing(database: Database, database_url: str) -> None:
    started(database)
    migrate(database_url)
    assert rows_in(database, schema.conversations) == 1


def test_processes_that_migrate_at_once(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if database_url.startswith("sqlite"):
        empty = f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        server: servers.PostgresServer = request.getfixturevalue("postgres_server")
        name = server.create_database()
        request.addfinalizer(lambda: server.drop_database(name))
        empty = server.url(name)
    program = f"from bot.storage.migrate import migrate; print(flush=True); input(); migrate({empty!r})"
    command = [sys.executable, "-c", program]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(3)]
    try:
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()  # it is ready to begin
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        said = [process.communicate(timeout=60)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert said == [""] * 3
    with another(empty) as database:
        assert rows_in(database, schema.conversations) == 0


def test_a_migration_waits_for_one_that_is_under_way(postgres_server: servers.PostgresServer) -> None:
    name = postgres_server.create_database()
    url = postgres_server.url(name)
    lock = text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
    with another(url) as database, ThreadPoolExecutor(1) as threads:
        with database.engine.connect() as under_way, under_way.begin():
            under_way.execute(lock)
            second = threads.submit(migrate, url)
            wait_until(lambda: second.done() or waits_for_a_lock(database))
            done_meanwhile = second.done()
        second.result(30)
        assert not done_meanwhile
        assert rows_in(database, schema.conversations) == 0
    postgres_server.drop_database(name)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://okienko:hunter2@127.0.0.1:{port}/okienko",
        "sqlite:///{folder}",
    ],
)
def test_a_database_that_cannot_be_opened_is_one_clear_line(url: str, free_port: int, tmp_path: Path) -> None:
    for opening in (open_database, migrate):
        with pytest.raises(UserMistake, match="cannot be opened") as mistake:
            opening(url.format(port=free_port, folder=tmp_path))
        assert "\n" not in str(mistake.value)
        assert "hunter2" not in str(mistake.value)


def add_agent(tx: SqlTx) -> int:
    values = {"login": "ewa", "name": "Ewa Lis", "role": "agent", "password_hash": "-", "created_at": NOW}
    key = tx.connection.execute(insert(schema.agents).values(**values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def due() -> datetime:
    """A moment at which every message stored so far is due."""
    return datetime.now(UTC) + timedelta(seconds=1)


@contextmanager
def another(url: str) -> Iterator[Database]:
    """A second handle on the database, as another process has it."""
    opened = open_database(url)
    try:
        yield opened
    finally:
        opened.close()


def waits_for_a_lock(database: Database) -> bool:
    query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    return bool(database.read_now(lambda tx: tx.connection.execute(query).scalar_one()))


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
