"""Bringing a database's schema up to date with Alembic's migrations."""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from bot.errors import UserMistake
from bot.storage.database import make_engine

#: Two processes that start at once must not both migrate: PostgreSQL's advisory lock, SQLite's write lock.
MIGRATION_LOCK = 0x0C1E_4C1


def config() -> Config:
    """Alembic's configuration, without a file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return made


def migrate(url: str) -> None:
    """Runs what migrations are missing; `UserMistake` if the database cannot be opened."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    engine = make_engine(url)
    try:
        with engine.connect().execution_options(okienko_write=True) as connection, connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
            made = config()
            made.attributes["connection"] = connection
            command.upgrade(made, "head")
    except OperationalError as error:
        where = engine.url.render_as_string(hide_password=True)
        reason = (str(error.orig).strip().splitlines() or ["no reason given"])[0]
        raise UserMistake(f"the database {where} cannot be opened: {reason}") from None
    finally:
        engine.dispose()


def is_current(connection: Connection) -> bool:
    """Whether no migration is missing."""
    newest = ScriptDirectory.from_config(config()).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == newest
