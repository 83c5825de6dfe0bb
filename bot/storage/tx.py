"""One transaction: the row verbs of `ports.Tx`, gathered from the modules that know each group of tables."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from bot.storage.desk_rows import DeskRows
from bot.storage.inbox_rows import InboxRows
from bot.storage.outbox_rows import OutboxRows
from bot.storage.schema import changes
from bot.storage.turn_rows import TurnRows
from bot.storage.widget_rows import WidgetRows

#: Any number that nobody else uses: the lock that makes the change feed's cursors appear in the order of commits.
FEED_LOCK = 0x0C1E_4C0


class SqlTx(InboxRows, TurnRows, OutboxRows, DeskRows, WidgetRows):
    """Implements `ports.Tx` over one SQLAlchemy connection."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._changes: list[dict[str, Any]] = []

    @property
    def topics(self) -> frozenset[str]:
        """What is to be announced after the commit."""
        return frozenset(self._topics)

    def change(self, kind: str, conversation_id: int | None, data: Mapping[str, Any], now: datetime) -> None:
        """Adds to the change feed, where it appears with the commit."""
        self._changes.append({"type": kind, "conversation_id": conversation_id, "data": dict(data), "at": now})
        self.wake("live")

    def finish(self) -> None:
        """The last act before the commit: writes the feed.

        A later cursor must never be visible before an earlier one, or whoever follows the feed would skip it. So one
        transaction at a time writes there, and as it waits for nobody from then on, nobody can wait in a circle.
        """
        if not self._changes:
            return
        if self.connection.dialect.name == "postgresql":
            self.connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({FEED_LOCK})")
        self.connection.execute(insert(changes), self._changes)
