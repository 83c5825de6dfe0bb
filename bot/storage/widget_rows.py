"""Rows that the web widget shows."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from bot.ports import WidgetConversation, WidgetMessage
from bot.storage.outbox_rows import UNDELIVERED, first_name
from bot.storage.rows import Rows
from bot.storage.schema import agents, contacts, conversations, deliveries, events, messages
from bot.types.conversation import Holder
from bot.types.message import Author, Button

RELEASED = ("sent", "delivered", "read")


class WidgetRows(Rows):
    """Implements `ports.WidgetTx`."""

    def widget_history(self, session: str, brand: str, after: int) -> Sequence[WidgetMessage]:
        """All that a session may see with an id above `after`, in order, its own messages included."""
        visible = or_(messages.c.author == Author.CUSTOMER.value, deliveries.c.state.in_(RELEASED))
        return self._read(
            contacts.c.external_id == session,
            conversations.c.brand == brand,
            messages.c.id > after,
            messages.c.author != Author.NOTE.value,
            visible,
        )

    def widget_unreleased(self, session: str, brand: str) -> int | None:
        """The first message of ours that is still in the outbox for a session."""
        found: int | None = self.connection.execute(
            select(func.min(deliveries.c.message_id))
            .join(conversations, conversations.c.id == deliveries.c.conversation_id)
            .join(contacts, contacts.c.id == conversations.c.contact_id)
            .where(
                _WEBCHAT,
                contacts.c.external_id == session,
                conversations.c.brand == brand,
                deliveries.c.state.in_(UNDELIVERED),
            )
        ).scalar_one()
        return found

    def widget_released(self, sessions: Collection[str], since: datetime) -> Sequence[WidgetMessage]:
        """Messages of ours that left the outbox since a moment, for these sessions, in order."""
        if not sessions:
            return []
        return self._read(
            contacts.c.external_id.in_(sessions), deliveries.c.sent_at >= since, deliveries.c.state.in_(RELEASED)
        )

    def widget_conversation(self, session: str, brand: str) -> WidgetConversation | None:
        """The session's conversation; None before its first message."""
        row = self.connection.execute(
            select(conversations.c.id, conversations.c.holder)
            .join(contacts, contacts.c.id == conversations.c.contact_id)
            .where(_WEBCHAT, contacts.c.external_id == session, conversations.c.brand == brand)
        ).one_or_none()
        return None if row is None else WidgetConversation(row.id, Holder(row.holder))

    def _read(self, *conditions: ColumnElement[bool]) -> list[WidgetMessage]:
        rows = self.connection.execute(_QUERY.where(and_(*conditions)).order_by(messages.c.id))
        return [_message(row) for row in rows]


_WEBCHAT = contacts.c.channel == "webchat"
_QUERY: Select[Any] = (
    select(
        messages,
        contacts.c.external_id.label("session"),
        conversations.c.brand,
        agents.c.name.label("agent_name"),
        events.c.external_id.label("event_key"),
    )
    .join(conversations, conversations.c.id == messages.c.conversation_id)
    .join(contacts, contacts.c.id == conversations.c.contact_id)
    .outerjoin(deliveries, deliveries.c.message_id == messages.c.id)
    .outerjoin(agents, agents.c.id == messages.c.agent_id)
    .outerjoin(events, events.c.id == messages.c.event_id)
    .where(_WEBCHAT)
)


def _message(row: Row[Any]) -> WidgetMessage:
    return WidgetMessage(
        id=row.id,
        session=row.session,
        brand=row.brand,
        author=Author(row.author),
        text=row.text,
        at=row.created_at,
        name=first_name(row.agent_name),
        buttons=tuple(Button(b["title"], b["payload"]) for b in row.buttons),
        client_id=(row.event_key or "").rpartition(":")[2],
    )
