"""What the logs tell of an exception, and what they keep to themselves."""

import asyncio
import logging
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from bot.errors import StoreAway, UserMistake
from bot.logs import QuietFormatter, named

SECRET = "Ewa Nowak 600700800"


class Refused(psycopg.errors.NotNullViolation):
    """As PostgreSQL says it."""

    def __init__(self) -> None:
        super().__init__(f"null value in column\nDETAIL:  Failing row contains (1, {SECRET}).")


def refused_by_postgres() -> None:
    try:
        raise Refused
    except Refused as error:
        raise IntegrityError("INSERT INTO contacts VALUES (%s)", {"name": SECRET}, error) from error


def refused_by_sqlite() -> None:
    with create_engine("sqlite://").connect() as connection:
        connection.execute(text("CREATE TABLE t (a TEXT CHECK (a = ''))"))
        connection.execute(text("INSERT INTO t VALUES (:a)"), {"a": SECRET})


def while_handling() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        dict[str, int]()[SECRET]


def hidden_context() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        raise LookupError(SECRET) from None


def in_a_group() -> None:
    raise ExceptionGroup(SECRET, [ValueError(SECRET), ExceptionGroup(SECRET, [TypeError(SECRET)])])


def our_own() -> None:
    try:
        raise OSError(SECRET)
    except OSError as error:
        raise StoreAway("the database cannot be reached") from error


def with_a_note() -> None:
    error = ValueError(SECRET)
    error.add_note(SECRET)
    raise error


@pytest.mark.parametrize(
    ("fails", "told", "untold"),
    [
        (refused_by_postgres, ["IntegrityError (SQLSTATE 23502)", "Refused (SQLSTATE 23502)"], ["DETAIL", "[SQL:"]),
        (refused_by_sqlite, ["IntegrityError (SQLITE_CONSTRAINT_CHECK)"], ["[SQL:"]),
        (while_handling, ["\nValueError\n", "While that was handled", "\nKeyError"], []),
        (hidden_context, ["\nLookupError"], ["ValueError\n"]),
        (in_a_group, ["ExceptionGroup\n1 of 2:\nValueError\n2 of 2:\nExceptionGroup\n1 of 1:\nTypeError"], []),
        (our_own, ["\nOSError\n", "direct cause", "\nbot.errors.StoreAway: the database cannot be reached"], []),
        (with_a_note, ["\nValueError"], []),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_exception_is_told_by_its_frames_and_type(
    fails: Callable[[], None], told: list[str], untold: list[str]
) -> None:
    out = logged("it failed", exc_info=raised_by(fails))
    assert out.startswith("it failed\n")
    assert f"in {fails.__name__}\n" in out
    for words in told:
        assert words in out, out
    for words in (SECRET, *untold):
        assert words not in out, out


def raised_by(fails: Callable[[], None]) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each fails in its own way
        fails()
    return caught.value


def logged(message: str, *args: object, exc_info: BaseException | None = None, name: str = "t") -> str:
    """The record as the formatter tells it, after another handler has told all of it."""
    info = None if exc_info is None else (type(exc_info), exc_info, exc_info.__traceback__)
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, message, args, info)
    logging.Formatter().format(record)
    assert exc_info is None or record.exc_text
    before = dict(record.__dict__)
    out = QuietFormatter("%(message)s").format(record)
    assert record.__dict__ == before, "other handlers get the record as it was"
    return out


def test_an_exception_among_the_arguments_is_named() -> None:
    assert logged("%s in %s", ValueError(SECRET), "outbox") == "ValueError in outbox"
    assert logged("refused: %s", UserMistake("the model is old")) == "refused: the model is old"
    assert logged("message %s took %.1f s", 7, 0.25) == "message 7 took 0.2 s"
    assert logged("100 %") == "100 %"


def test_an_error_of_sqlite_itself_has_its_code() -> None:
    with sqlite3.connect(":memory:") as connection, pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("SELECT nonsense")
    connection.close()
    assert named(caught.value) == "sqlite3.OperationalError (SQLITE_ERROR)"


def test_an_exception_that_is_its_own_cause_ends() -> None:
    first, second = ValueError(SECRET), TypeError(SECRET)
    first.__cause__, second.__cause__ = second, first
    assert logged("it failed", exc_info=first).count("ValueError") == 1


async def test_what_nobody_caught_tells_no_arguments(caplog: pytest.LogCaptureFixture) -> None:
    """asyncio prints a task with its exception, and a callback with its arguments."""

    def fails(words: str) -> None:
        raise ValueError(words)

    loop = asyncio.get_running_loop()
    loop.call_soon(fails, SECRET)
    await asyncio.sleep(0)
    (record,) = (record for record in caplog.records if record.name == "asyncio")
    assert SECRET in record.getMessage()
    out = QuietFormatter("%(message)s").format(record)
    assert "in fails" in out
    assert "ValueError" in out
    assert SECRET not in out


def test_a_process_that_ends_by_an_exception_tells_no_more(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from bot.logs import set_up_logs\n"
        "from bot.settings import Settings\n"
        "set_up_logs(Settings())\n"
        "raise ValueError('Ewa {}'.format('Nowak'))\n",
        encoding="utf-8",
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, str(program)], env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "CRITICAL bot.logs: the process ends by an exception" in done.stderr
    assert done.stderr.rstrip().endswith("\nValueError")
    assert "Ewa Nowak" not in done.stderr
