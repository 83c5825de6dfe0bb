"""Bringing a database's schema up to date with Alembic's migrations."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError

from bot.errors import UserMistake
from bot.storage.database import make_engine

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
#: Two processes that start at once must not both migrate: PostgreSQL's advisory lock, SQLite's write lock.
MIGRATION_LOCK = 0x0C1E_4C1


def config() -> "Config":
    """Alembic's configuration, without a file."""
    from alembic.config import Config  # half a second, which only whoever migrates should spend

    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    return made


def migrate(url: str) -> None:
    """Runs what migrations are missing; `UserMistake` if the database cannot be opened."""
    engine = make_engine(url)
    try:
        with engine.connect().execution_options(okienko_write=True) as connection, connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
            if not is_current(connection):
                _upgrade(connection)
    except OperationalError as error:
        where = engine.url.render_as_string(hide_password=True)
        reason = (str(error.orig).strip().splitlines() or ["no reason given"])[0]
        raise UserMistake(f"the database {where} cannot be opened: {reason}") from None
    finally:
        engine.dispose()


def _upgrade(connection: Connection) -> None:
    from alembic import command

    logging.getLogger("alembic").setLevel(logging.WARNING)
    made = config()
    made.attributes["connection"] = connection
    command.upgrade(made, "head")


def newest_revision() -> str:
    """The revision that the code is written for: migrations' file names begin with theirs, in order."""
    return max(path.name for path in (FOLDER / "versions").glob("[0-9]*.py")).partition("_")[0]


def is_current(connection: Connection) -> bool:
    """Whether no migration is missing."""
    try:
        with connection.begin_nested():
            found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    except DBAPIError:
        return False  # no such table: nothing was ever migrated
    return found == newest_revision()
