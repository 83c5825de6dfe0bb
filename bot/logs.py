"""Logs: one line a record, on stderr, with no personal data (messages are named by their ids).

What an exception says is not printed, for it may quote a customer: PostgreSQL adds the whole failing row, a parser the
text it could not read. The frames and the type tell where to look, a database's SQLSTATE what it refused. Only our own
errors say their sentence.
"""

import logging
import sys
from collections.abc import Iterator
from traceback import format_tb
from types import TracebackType

from bot.errors import OkienkoError
from bot.settings import Settings

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
#: These print addresses with tokens, or every request.
NOISY = ("httpx", "httpcore", "telegram", "alembic", "aiohttp.access", "asyncio")

CAUSED = "The above was the direct cause of:"
DURING = "While that was handled, there came:"

log = logging.getLogger(__name__)

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class QuietFormatter(logging.Formatter):
    """Tells of exceptions without their messages."""

    def format(self, record: logging.LogRecord) -> str:
        """The record; exceptions of others among its arguments are only named."""
        told = logging.makeLogRecord(record.__dict__)
        told.exc_text = None  # another handler may have told it all, and left its words here
        if isinstance(told.args, tuple):
            told.args = tuple(_argument(arg) for arg in told.args)
        if record.name == "asyncio" and record.exc_info:  # it prints callbacks with what they were called with
            told.msg, told.args = "an exception that nobody caught", ()
        return super().format(told)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's own name
        """Frames and types, causes first."""
        return "".join(_told(ei[1], set())).rstrip("\n") if ei[1] is not None else ""


def named(error: BaseException) -> str:
    """The exception's type, with the sentence of our own errors and the code of a database's."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(error, OkienkoError):
        return f"{name}: {error.message}"
    driver = getattr(error, "orig", None) or error  # SQLAlchemy wraps the driver's error
    state, code = getattr(driver, "sqlstate", None), getattr(driver, "sqlite_errorname", None)
    if state:
        return f"{name} (SQLSTATE {state})"
    return f"{name} ({code})" if code else name


def _argument(value: object) -> object:
    return named(value) if isinstance(value, BaseException) and not isinstance(value, OkienkoError) else value


def _told(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _told(before, seen)
        yield f"{CAUSED if error.__cause__ else DURING}\n"
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):\n"
        yield from format_tb(error.__traceback__)
    yield f"{named(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for number, one in enumerate(error.exceptions, 1):
            yield f"{number} of {len(error.exceptions)}:\n"
            yield from _told(one, seen)


def set_up_logs(settings: Settings) -> None:
    """Sets up the process's logging; what ends the process is logged too, and not printed by Python."""
    handler = logging.StreamHandler()
    handler.setFormatter(QuietFormatter(FORMAT))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = _ended


def _ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    log.critical("the process ends by an exception", exc_info=(kind, error, trace))
