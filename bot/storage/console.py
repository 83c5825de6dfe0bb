"""What the desk's console reads: lists and details for people's eyes, each in a fixed number of queries.

Values are returned as rows of the tables; handoff/console gives them their JSON shapes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, null, or_, select, update

from bot.errors import NotFound
from bot.ports import Tx
from bot.storage.rows import Rows
from bot.storage.schema import (
    agents,
    assignments,
    callback_attempts,
    callbacks,
    changes,
    contacts,
    conversations,
    deliveries,
    messages,
    tickets,
    turns,
)
from bot.types.desk import TicketKind

#: A conversation is shown with this many of its latest messages.
MESSAGES_SHOWN = 500
#: Authors whose words sum a conversation up in a list.
SPEAKERS = ("customer", "assistant", "agent")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conversations are listed. `before` is the last conversation of the page before."""

    holder: str | None = None  # assistant, queue, agent; None = any
    agent_id: int | None = None
    status: str | None = None
    team: str | None = None
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation's row (with `contact_name` and its open assignment's `priority`, `reason`, `assigned_team`,
    `opened_at`, `claimed_at`) and what is known beside it."""

    row: Row[Any]
    last_message: Row[Any] | None  # author, text, created_at
    last_asked: Row[Any] | None  # the customer's own latest words
    understanding: Mapping[str, Any] | None  # of the latest customer message that was understood
    waiting_since: datetime | None


def connection_of(tx: Tx) -> Connection:
    """The connection of a transaction of ours."""
    assert isinstance(tx, Rows)
    return tx.connection


def newest_cursor(connection: Connection) -> int:
    """The change feed's last cursor; 0 while nothing has happened."""
    return int(connection.execute(select(func.coalesce(func.max(changes.c.cursor), 0))).scalar_one())


def changes_after(connection: Connection, cursor: int, limit: int) -> Sequence[Row[Any]]:
    """The feed's entries after a cursor, in order."""
    query = select(changes).where(changes.c.cursor > cursor).order_by(changes.c.cursor).limit(limit)
    return connection.execute(query).all()


def list_conversations(connection: Connection, wanted: Wanted) -> list[Listed]:
    """A page of conversations: in the queue the most urgent and longest waiting first, else the latest news first."""
    query = _conversations()
    if wanted.holder is not None:
        query = query.where(conversations.c.holder == wanted.holder)
    if wanted.agent_id is not None:
        query = query.where(conversations.c.agent_id == wanted.agent_id)
    if wanted.status is not None:
        query = query.where(conversations.c.status == wanted.status)
    if wanted.team is not None:
        query = query.where(conversations.c.team == wanted.team)
    query = _page_of_queue(connection, query, wanted) if wanted.holder == "queue" else _page(connection, query, wanted)
    return _with_more(connection, connection.execute(query.limit(wanted.limit)).all())


def get_conversation(connection: Connection, conversation_id: int) -> Listed:
    """One conversation; raises NotFound."""
    row = connection.execute(_conversations().where(conversations.c.id == conversation_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no conversation {conversation_id}")
    return _with_more(connection, [row])[0]


def count_open(connection: Connection, agent_id: int) -> Mapping[str, int]:
    """How many open conversations wait (`queue`), are with the agent (`me`) and with the `assistant`."""
    mine = conversations.c.agent_id == agent_id
    row = connection.execute(
        select(
            func.count(case((conversations.c.holder == "queue", 1))).label("queue"),
            func.count(case((mine, 1))).label("me"),
            func.count(case((conversations.c.holder == "assistant", 1))).label("assistant"),
        ).where(conversations.c.status == "open")
    ).one()
    return {"queue": row.queue, "me": row.me, "assistant": row.assistant}


def holder_of(connection: Connection, conversation_id: int) -> int | None:
    """The id of the agent who holds the conversation; None where none does."""
    query = select(conversations.c.agent_id).where(conversations.c.id == conversation_id)
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found


def messages_of(connection: Connection, conversation_id: int) -> Sequence[Row[Any]]:
    """The latest messages, oldest first, with `delivery_state`, `delivery_reason` and the turn's `outcome`."""
    query = _messages().where(messages.c.conversation_id == conversation_id)
    rows = connection.execute(query.order_by(messages.c.id.desc()).limit(MESSAGES_SHOWN)).all()
    return list(reversed(rows))


def get_message(connection: Connection, message_id: int) -> Row[Any]:
    """One message, as in `messages_of`."""
    return connection.execute(_messages().where(messages.c.id == message_id)).one()


def assignments_of(connection: Connection, conversation_id: int) -> Sequence[Row[Any]]:
    """The conversation's history with the desk, oldest first."""
    query = select(assignments).where(assignments.c.conversation_id == conversation_id)
    return connection.execute(query.order_by(assignments.c.id)).all()


def list_tickets(
    connection: Connection,
    *,
    kind: str | None = None,
    status: str | None = None,
    conversation_id: int | None = None,
    ticket_id: int | None = None,
    before: int | None = None,
    limit: int = 200,
) -> Sequence[Row[Any]]:
    """Tickets with their conversation's `language` and `brand`, the newest first."""
    query = select(tickets, conversations.c.language, conversations.c.brand).join(
        conversations, conversations.c.id == tickets.c.conversation_id
    )
    wanted = (
        (tickets.c.kind, kind),
        (tickets.c.status, status),
        (tickets.c.conversation_id, conversation_id),
        (tickets.c.id, ticket_id),
    )
    query = query.where(*(column == value for column, value in wanted if value is not None))
    if before is not None:
        query = query.where(tickets.c.id < before)
    return connection.execute(query.order_by(tickets.c.id.desc()).limit(limit)).all()


def close_ticket(connection: Connection, ticket_id: int) -> tuple[int, TicketKind]:
    """Closes a ticket; its conversation and kind. Raises NotFound."""
    query = update(tickets).where(tickets.c.id == ticket_id).values(status="closed")
    row = connection.execute(query.returning(tickets.c.conversation_id, tickets.c.kind)).one_or_none()
    if row is None:
        raise NotFound(f"there is no ticket {ticket_id}")
    return row.conversation_id, TicketKind(row.kind)


def list_callbacks(
    connection: Connection,
    *,
    status: str | None = None,
    conversation_id: int | None = None,
    callback_id: int | None = None,
    limit: int = 200,
) -> Sequence[Row[Any]]:
    """Promised calls with their contact's `name` and `brand`: those that wait in the order they are due, then the
    latest ones."""
    query = (
        select(callbacks, conversations.c.brand, contacts.c.name)
        .join(conversations, conversations.c.id == callbacks.c.conversation_id)
        .join(contacts, contacts.c.id == conversations.c.contact_id)
    )
    wanted = (
        (callbacks.c.status, status),
        (callbacks.c.conversation_id, conversation_id),
        (callbacks.c.id, callback_id),
    )
    query = query.where(*(column == value for column, value in wanted if value is not None))
    waiting = callbacks.c.status == "waiting"
    order = (case((waiting, 0), else_=1), case((waiting, callbacks.c.due_at)), callbacks.c.id.desc())
    return connection.execute(query.order_by(*order).limit(limit)).all()


def attempts_of(connection: Connection, callback_ids: Iterable[int]) -> Sequence[Row[Any]]:
    """The attempts at these calls with each agent's `agent_name`, oldest first."""
    query = select(callback_attempts, agents.c.name.label("agent_name")).join(agents)
    query = query.where(callback_attempts.c.callback_id.in_(list(callback_ids)))
    return connection.execute(query.order_by(callback_attempts.c.id)).all()


def _conversations() -> Select[Any]:
    assignment = and_(assignments.c.conversation_id == conversations.c.id, assignments.c.closed_at.is_(None))
    return (
        select(
            conversations,
            contacts.c.name.label("contact_name"),
            assignments.c.priority,
            assignments.c.reason,
            assignments.c.team.label("assigned_team"),
            assignments.c.opened_at,
            assignments.c.claimed_at,
        )
        .join(contacts, contacts.c.id == conversations.c.contact_id)
        .outerjoin(assignments, assignment)
    )


def _messages() -> Select[Any]:
    return (
        select(
            messages,
            agents.c.name.label("agent_name"),
            deliveries.c.state.label("delivery_state"),
            deliveries.c.reason.label("delivery_reason"),
            turns.c.outcome,
        )
        .outerjoin(agents, agents.c.id == messages.c.agent_id)
        .outerjoin(deliveries, deliveries.c.message_id == messages.c.id)
        .outerjoin(turns, turns.c.message_id == messages.c.id)
    )


def _page_of_queue(connection: Connection, query: Select[Any], wanted: Wanted) -> Select[Any]:
    priority, opened_at, key = assignments.c.priority, assignments.c.opened_at, assignments.c.id
    if wanted.before is not None:
        # the place it had, even if somebody has claimed it meanwhile
        last = connection.execute(
            select(assignments)
            .where(assignments.c.conversation_id == wanted.before)
            .order_by(assignments.c.id.desc())
            .limit(1)
        ).one_or_none()
        if last is not None:
            query = query.where(
                or_(
                    priority > last.priority,
                    and_(priority == last.priority, opened_at > last.opened_at),
                    and_(priority == last.priority, opened_at == last.opened_at, key > last.id),
                )
            )
    return query.order_by(priority, opened_at, key)


def _page(connection: Connection, query: Select[Any], wanted: Wanted) -> Select[Any]:
    updated_at, key = conversations.c.updated_at, conversations.c.id
    if wanted.before is not None:
        last: datetime | None = connection.execute(select(updated_at).where(key == wanted.before)).scalar_one_or_none()
        if last is not None:
            query = query.where(or_(updated_at < last, and_(updated_at == last, key < wanted.before)))
    return query.order_by(updated_at.desc(), key.desc())


def _with_more(connection: Connection, rows: Sequence[Row[Any]]) -> list[Listed]:
    ids = [row.id for row in rows]
    if not ids:
        return []
    mine = messages.c.conversation_id.in_(ids)
    last = _latest(connection, mine, messages.c.author.in_(SPEAKERS))
    asked = _latest(connection, mine, messages.c.author == "customer", messages.c.text != "")
    understood = _latest(connection, mine, messages.c.author == "customer", messages.c.understanding.is_not(null()))
    unanswered = _unanswered(connection, [row.id for row in rows if row.holder == "agent"])
    return [
        Listed(
            row=row,
            last_message=last.get(row.id),
            last_asked=asked.get(row.id),
            understanding=understood[row.id].understanding if row.id in understood else None,
            waiting_since=_waiting_since(row, unanswered.get(row.id)),
        )
        for row in rows
    ]


def _latest(connection: Connection, *wanted: Any) -> Mapping[int, Row[Any]]:
    """The latest message of each conversation that fits, by conversation."""
    newest = select(func.max(messages.c.id)).where(*wanted).group_by(messages.c.conversation_id)
    rows = connection.execute(select(messages).where(messages.c.id.in_(newest)))
    return {row.conversation_id: row for row in rows}


def _unanswered(connection: Connection, ids: Sequence[int]) -> Mapping[int, Row[Any]]:
    """For conversations that agents hold: when an agent spoke last (`answered_at`), and the time of the customer's
    first message after that (`asked_at`)."""
    if not ids:
        return {}
    answered = (
        select(
            messages.c.conversation_id,
            func.max(messages.c.id).label("id"),
            func.max(messages.c.created_at).label("answered_at"),
        )
        .where(messages.c.conversation_id.in_(ids), messages.c.author == "agent")
        .group_by(messages.c.conversation_id)
        .subquery()
    )
    asked = func.min(case((messages.c.id > answered.c.id, messages.c.created_at)))
    query: Select[Any] = (
        select(messages.c.conversation_id, answered.c.answered_at, asked.label("asked_at"))
        .join(answered, answered.c.conversation_id == messages.c.conversation_id)
        .where(messages.c.author == "customer")
        .group_by(messages.c.conversation_id, answered.c.answered_at)
    )
    return {row.conversation_id: row for row in connection.execute(query)}


def _waiting_since(row: Row[Any], unanswered: Row[Any] | None) -> datetime | None:
    """Since when the customer waits for a person: since the request until somebody claims it and says a first
    word, later since the first message that has no answer."""
    opened_at: datetime | None = row.opened_at
    if opened_at is None or row.claimed_at is None:
        return opened_at
    if unanswered is None or unanswered.answered_at < row.claimed_at:
        return opened_at
    asked_at: datetime | None = unanswered.asked_at
    return asked_at
