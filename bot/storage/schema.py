"""The tables. Every invariant that can live in the schema does: uniqueness, foreign keys, allowed states.

`messages` is the conversation as people see it. `events` is the ledger of what came in; `turns` has one row for each
customer message that was dealt with; `pending` and `deliveries` are the two work lists (inbox and outbox).
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

#: SQLite numbers rows by itself only for a plain INTEGER key.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Utc(TypeDecorator[datetime]):
    """Time-aware UTC in and out; SQLite keeps no zone, so it is stripped and put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """To the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone reached the database")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _id() -> Column[int]:
    return Column("id", BigId, primary_key=True, autoincrement=True)


def _ref(name: str, target: str, *, null: bool = False, unique: bool = False) -> Column[int]:
    return Column(name, BigId, ForeignKey(target), nullable=null, unique=unique)


contacts = Table(
    "contacts",
    metadata,
    _id(),
    Column("channel", String(32), nullable=False),
    Column("external_id", String(256), nullable=False),
    Column("name", String(256), nullable=False, default=""),
    Column("locale", String(16), nullable=False, default=""),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("channel", "external_id"),
)

agents = Table(
    "agents",
    metadata,
    _id(),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(128), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", String(256), nullable=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("created_at", Utc, nullable=False),
    _one_of("role", "agent", "lead", "trainer", "admin"),
)

agent_teams = Table(
    "agent_teams",
    metadata,
    Column("agent_id", BigId, ForeignKey("agents.id"), primary_key=True),
    Column("team", String(64), primary_key=True),
)

tokens = Table(
    "tokens",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the token; the token itself is never stored
    _ref("agent_id", "agents.id"),
    Column("expires_at", Utc, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    _id(),
    _ref("contact_id", "contacts.id"),
    Column("channel", String(32), nullable=False),
    Column("brand", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("holder", String(16), nullable=False, default="assistant"),
    _ref("agent_id", "agents.id", null=True),
    Column("team", String(64)),
    Column("status", String(16), nullable=False, default="open"),
    Column("fence", Integer, nullable=False, default=0),
    Column("reply_context", JSON, nullable=False, default=dict),
    Column("last_inbound_at", Utc),
    Column("session_from", BigInteger, nullable=False, default=0),  # dialogue events with an id above this are read
    Column("lease", String(64)),
    Column("lease_until", Utc),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    UniqueConstraint("contact_id", "brand"),
    _one_of("holder", "assistant", "queue", "agent"),
    _one_of("status", "open", "resolved"),
    # exactly one agent holds, or none
    CheckConstraint("(holder = 'agent') = (agent_id IS NOT NULL)", name="one_holder"),
    Index("ix_conversations_status_holder", "status", "holder"),
)

events = Table(
    "events",
    metadata,
    _id(),
    Column("channel", String(32), nullable=False),
    Column("external_id", String(256), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("sender", String(256), nullable=False),
    Column("detail", String(256), nullable=False, default=""),
    Column("sent_at", Utc, nullable=False),
    Column("received_at", Utc, nullable=False),
    UniqueConstraint("channel", "external_id"),
)

messages = Table(
    "messages",
    metadata,
    _id(),
    _ref("conversation_id", "conversations.id"),
    _ref("event_id", "events.id", null=True, unique=True),  # a customer's message comes from exactly one event
    Column("author", String(16), nullable=False),
    _ref("agent_id", "agents.id", null=True),
    _ref("in_reply_to", "messages.id", null=True),  # the customer's message whose turn said this
    Column("kind", String(16), nullable=False, default="text"),
    Column("text", Text, nullable=False, default=""),
    Column("payload", String(1000), nullable=False, default=""),
    Column("phone", String(32), nullable=False, default=""),
    Column("holder", String(16), nullable=False, default="assistant"),  # who held the conversation when it came
    Column("buttons", JSON, nullable=False, default=list),
    Column("ask_phone", Boolean, nullable=False, default=False),
    Column("phone_title", String(64), nullable=False, default=""),
    Column("attachments", JSON, nullable=False, default=list),
    Column("understanding", JSON),
    Column("created_at", Utc, nullable=False),
    _one_of("author", "customer", "assistant", "agent", "system", "note"),
    CheckConstraint("(author = 'customer') = (event_id IS NOT NULL)", name="customer_has_event"),
    Index("ix_messages_conversation_id_id", "conversation_id", "id"),
    Index("ix_messages_in_reply_to", "in_reply_to"),
)

turns = Table(
    "turns",
    metadata,
    _id(),
    _ref("message_id", "messages.id", unique=True),  # one outcome for each message, ever
    Column("outcome", String(32), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("worker", String(64), nullable=False),
    Column("model", String(128), nullable=False, default=""),
    Column("finished_at", Utc, nullable=False),
)

pending = Table(
    "pending",
    metadata,
    Column("message_id", BigId, ForeignKey("messages.id"), primary_key=True, autoincrement=False),
    _ref("conversation_id", "conversations.id"),
    Column("due_at", Utc, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Index("ix_pending_due_at", "due_at"),
    Index("ix_pending_conversation_id", "conversation_id", "message_id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("message_id", BigId, ForeignKey("messages.id"), primary_key=True, autoincrement=False),
    _ref("conversation_id", "conversations.id"),
    Column("channel", String(32), nullable=False),
    Column("recipient", String(256), nullable=False),
    Column("state", String(16), nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("lease_until", Utc),
    Column("external_id", String(256), nullable=False, default=""),
    Column("reason", String(256), nullable=False, default=""),
    Column("sent_at", Utc),
    # an attempt was cut off before its answer came, and the message was sent again: it may have arrived twice
    Column("uncertain", Boolean, nullable=False, default=False),
    _one_of("state", "stored", "sending", "sent", "delivered", "read", "failed"),
    Index("ix_deliveries_state_due_at", "state", "due_at"),
    Index("ix_deliveries_conversation_id", "conversation_id", "message_id"),
    Index("ix_deliveries_channel_external_id", "channel", "external_id"),
)

dialogue_events = Table(
    "dialogue_events",
    metadata,
    _id(),
    _ref("conversation_id", "conversations.id"),
    _ref("turn_id", "turns.id"),
    Column("event", JSON, nullable=False),
    Index("ix_dialogue_events_conversation_id_id", "conversation_id", "id"),
)

tickets = Table(
    "tickets",
    metadata,
    _id(),
    Column("reference", String(32), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    _ref("conversation_id", "conversations.id"),
    _ref("message_id", "messages.id"),
    Column("topic", String(64)),
    Column("team", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("status", String(16), nullable=False, default="open"),
    Column("due_on", Date),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("message_id", "kind"),
    _one_of("kind", "complaint", "idea"),
    _one_of("status", "open", "closed"),
    Index("ix_tickets_kind_created_at", "kind", "created_at"),
)

assignments = Table(
    "assignments",
    metadata,
    _id(),
    _ref("conversation_id", "conversations.id"),
    Column("team", String(64), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("topic", String(64)),
    Column("opened_at", Utc, nullable=False),
    _ref("agent_id", "agents.id", null=True),
    Column("claimed_at", Utc),
    Column("closed_at", Utc),
    Column("result", String(16)),
)
Index(
    "uq_assignments_open",
    assignments.c.conversation_id,
    unique=True,
    sqlite_where=assignments.c.closed_at.is_(None),
    postgresql_where=assignments.c.closed_at.is_(None),
)

callbacks = Table(
    "callbacks",
    metadata,
    _id(),
    Column("reference", String(32), nullable=False, unique=True),
    _ref("conversation_id", "conversations.id"),
    Column("phone", String(32), nullable=False),
    Column("language", String(8), nullable=False),
    Column("topic", String(64)),
    Column("team", String(64), nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("code", String(8), nullable=False),
    Column("status", String(16), nullable=False, default="waiting"),
    Column("consent_at", Utc, nullable=False),
    Column("created_at", Utc, nullable=False),
    _one_of("status", "waiting", "done", "failed", "cancelled"),
    Index("ix_callbacks_status_due_at", "status", "due_at"),
)

callback_attempts = Table(
    "callback_attempts",
    metadata,
    _id(),
    _ref("callback_id", "callbacks.id"),
    _ref("agent_id", "agents.id"),
    Column("outcome", String(16), nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("at", Utc, nullable=False),
    _one_of("outcome", "reached", "no_answer", "busy", "wrong_number"),
)

changes = Table(
    "changes",
    metadata,
    Column("cursor", BigId, primary_key=True, autoincrement=True),
    Column("type", String(32), nullable=False),
    Column("conversation_id", BigId, ForeignKey("conversations.id"), nullable=True),
    Column("data", JSON, nullable=False),
    Column("at", Utc, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("model", String(128), nullable=False),
    Column("seen_at", Utc, nullable=False),
)
