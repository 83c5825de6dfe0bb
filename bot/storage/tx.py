"""One transaction: the row verbs of `ports.Tx`, gathered from the modules that know each group of tables."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert

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

    @property
    def topics(self) -> frozenset[str]:
        """What is to be announced after the commit."""
        return frozenset(self._topics)

    def change(self, kind: str, conversation_id: int | None, data: Mapping[str, Any], now: datetime) -> None:
        """Adds to the change feed."""
        if self.connection.dialect.name == "postgresql":
            # a later cursor must never be visible before an earlier one: whoever follows the feed would skip it
            self.connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({FEED_LOCK})")
        self.connection.execute(
            insert(changes).values(type=kind, conversation_id=conversation_id, data=dict(data), at=now)
        )
        self.wake("live")
