"""The database: SQLite embedded, PostgreSQL when one machine is outgrown; the same code for both.

Statements run in threads (SQLAlchemy's synchronous Core), so that the event loop never waits for a disk. SQLite has
one writer: all writing of a process goes through one thread and begins with BEGIN IMMEDIATE, so that two processes
queue for the lock at the start of a transaction and never fail in its middle. On PostgreSQL rows are locked.
What a transaction announces (`tx.wake`) is sent after its commit and only then.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import StoreAway, UserMistake
from bot.ports import Live
from bot.storage.tx import SqlTx

P = ParamSpec("P")
T = TypeVar("T")

SQLITE_BUSY_SECONDS = 30
POSTGRES_THREADS = 8
SQLITE_READERS = 4
#: PostgreSQL: serialization failure, deadlock detected. The transaction did nothing and may simply run again.
RUN_AGAIN = frozenset({"40001", "40P01"})
TRIES = 4


class Database:
    """Implements `ports.Store`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._live: Live | None = None
        embedded = engine.dialect.name == "sqlite"
        self._writers = ThreadPoolExecutor(1 if embedded else POSTGRES_THREADS, thread_name_prefix="db-write")
        self._readers = ThreadPoolExecutor(
            SQLITE_READERS if embedded else POSTGRES_THREADS, thread_name_prefix="db-read"
        )

    def announce_with(self, live: Live) -> None:
        """From now on committed transactions announce themselves through `live`."""
        self._live = live

    async def write(self, work: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work(tx, ...)` in one transaction, then announces. Any exception rolls it all back."""
        loop = asyncio.get_running_loop()
        result, topics = await loop.run_in_executor(self._writers, self.write_now, _bind(work, args, kwargs))
        if topics and self._live is not None:
            await self._live.wake(topics)
        return result

    async def read(self, work: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work(tx, ...)` in a transaction that is rolled back."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self.read_now, _bind(work, args, kwargs))

    def write_now(self, work: Callable[[SqlTx], T]) -> tuple[T, frozenset[str]]:
        """The same without an event loop; returns the result and what was to be announced."""
        for attempt in range(1, TRIES + 1):
            try:
                with self.engine.connect().execution_options(okienko_write=True) as connection, connection.begin():
                    tx = SqlTx(connection)
                    result = work(tx)
                    tx.finish()
                return result, tx.topics
            except DBAPIError as error:
                if is_away(error):
                    raise StoreAway("the database cannot be reached") from error
                if getattr(error.orig, "sqlstate", None) not in RUN_AGAIN or attempt == TRIES:
                    raise
        raise AssertionError("unreachable")

    def read_now(self, work: Callable[[SqlTx], T]) -> T:
        """Reads without an event loop."""
        try:
            with self.engine.connect() as connection:
                return work(SqlTx(connection))
        except DBAPIError as error:
            if is_away(error):
                raise StoreAway("the database cannot be reached") from error
            raise

    def close(self) -> None:
        """Waits for running statements and closes all connections."""
        self._writers.shutdown()
        self._readers.shutdown()
        self.engine.dispose()


def is_away(error: DBAPIError) -> bool:
    """Whether the database cannot be reached just now, as opposed to a statement that it refuses.

    PostgreSQL: no SQLSTATE (no connection came about), class 08 (connection), 57P (shut down, starting up), 53300 (too
    many connections). SQLite: another process holds the lock for too long, or the file cannot be opened.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    if isinstance(error.orig, sqlite3.OperationalError):
        return error.orig.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_CANTOPEN", "SQLITE_IOERR"))
    state = getattr(error.orig, "sqlstate", None)
    return state is None or state.startswith(("08", "57P")) or state == "53300"


def _bind(work: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Callable[[SqlTx], T]:
    return lambda tx: work(tx, *args, **kwargs)


def make_engine(url: str) -> Engine:
    """An engine for an address of ours; `UserMistake` if it names nothing that can be opened."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise UserMistake("OKIENKO_DATABASE_URL cannot be read; example: postgresql://user@host/okienko") from None
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=2 * POSTGRES_THREADS,
            pool_pre_ping=True,
            hide_parameters=True,
        )
    if parsed.database:
        _make_folder(Path(parsed.database).parent)
    engine = create_engine(
        parsed, connect_args={"timeout": SQLITE_BUSY_SECONDS}, pool_size=SQLITE_READERS + 1, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserMistake(f"the database's folder {folder} cannot be made: {error.strerror}") from None


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("okienko_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def open_database(url: str) -> Database:
    """Opens a database whose schema is up to date; `UserMistake` if it cannot be reached."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    except OperationalError as error:
        where = engine.url.render_as_string(hide_password=True)
        raise UserMistake(f"the database {where} cannot be opened: {_first_line(error)}") from None
    return Database(engine)


def _first_line(error: OperationalError) -> str:
    return (str(error.orig).strip().splitlines() or ["no reason given"])[0]
