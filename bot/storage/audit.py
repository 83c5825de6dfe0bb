"""The ledger: every inbound event, what became of it, and how far its answers got; and all that does not add up.

event -> one stored message -> one turn (its outcome) -> its outgoing messages -> their deliveries
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select
from sqlalchemy.sql import FromClause

from bot.storage.schema import contacts, conversations, deliveries, events, messages, pending, turns
from bot.types.message import SPOKEN

#: Whoever is overdue for longer is stuck: nobody works on it.
STUCK_AFTER = timedelta(minutes=2)
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """Rows that do not add up. `kind` is lost, doubled, stuck or misrouted; `ids` name at most SHOWN of them."""

    kind: str
    what: str
    count: int
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The sums, and the findings. It balances when there are none."""

    sums: dict[str, int]
    findings: tuple[Finding, ...]


def reconcile(connection: Connection, now: datetime) -> Ledger:
    """Goes through the whole database."""
    findings = [finding for check in _checks(now) if (finding := _run(connection, *check)) is not None]
    return Ledger(_sums(connection), tuple(findings))


_Check = tuple[str, str, ColumnElement[int], FromClause, ColumnElement[bool]]


def _checks(now: datetime) -> Sequence[_Check]:
    late = now - STUCK_AFTER
    spoken = events.c.kind.in_([kind.value for kind in SPOKEN])
    has_message = exists().where(messages.c.event_id == events.c.id)
    from_customer = messages.c.author == "customer"
    has_turn = exists().where(turns.c.message_id == messages.c.id)
    waits = exists().where(pending.c.message_id == messages.c.id)
    answer = messages.alias("answer")
    answered = exists().where(answer.c.in_reply_to == turns.c.message_id)
    goes_out = messages.c.author.in_(("assistant", "agent", "system"))
    has_delivery = exists().where(deliveries.c.message_id == messages.c.id)
    undelivered = deliveries.c.state.in_(("stored", "sending"))
    routed = (
        deliveries.join(conversations, conversations.c.id == deliveries.c.conversation_id)
        .join(contacts, contacts.c.id == conversations.c.contact_id)
        .join(messages, messages.c.id == deliveries.c.message_id)
    )
    wrong = (deliveries.c.recipient != contacts.c.external_id) | (
        messages.c.conversation_id != deliveries.c.conversation_id
    )
    return (
        ("lost", "events of customers without a message", events.c.id, events, spoken & ~has_message),
        (
            "lost",
            "messages without a turn that wait for none",
            messages.c.id,
            messages,
            from_customer & ~has_turn & ~waits,
        ),
        ("lost", "turns without an answer", turns.c.message_id, turns, (turns.c.outcome != "silent") & ~answered),
        ("lost", "messages of ours that never went to the outbox", messages.c.id, messages, goes_out & ~has_delivery),
        ("doubled", "messages with a turn that wait for another", messages.c.id, messages, has_turn & waits),
        (
            "doubled",
            "deliveries that may have arrived twice",
            deliveries.c.message_id,
            deliveries,
            deliveries.c.uncertain,
        ),
        ("stuck", "messages that wait too long for their turn", pending.c.message_id, pending, pending.c.due_at < late),
        (
            "stuck",
            "messages that wait too long in the outbox",
            deliveries.c.message_id,
            deliveries,
            and_(undelivered, deliveries.c.due_at < late),
        ),
        ("misrouted", "deliveries to another contact than the conversation's", deliveries.c.message_id, routed, wrong),
    )


def _run(
    connection: Connection, kind: str, what: str, key: ColumnElement[int], table: FromClause, wrong: ColumnElement[bool]
) -> Finding | None:
    count = connection.execute(select(func.count()).select_from(table).where(wrong)).scalar_one()
    if count == 0:
        return None
    ids = connection.execute(select(key).select_from(table).where(wrong).order_by(key).limit(SHOWN)).scalars()
    return Finding(kind, what, count, tuple(ids))


def _sums(connection: Connection) -> dict[str, int]:
    def count(table: FromClause, *where: ColumnElement[bool]) -> int:
        return connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()

    sums: dict[str, int] = {
        "events": count(events),
        "customer_messages": count(messages, messages.c.author == "customer"),
        "waiting_turns": count(pending),
        "turns": count(turns),
        "outgoing_messages": count(deliveries),
    }
    states: Any = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state))
    sums |= {f"outgoing_{state}": number for state, number in states}
    return sums
