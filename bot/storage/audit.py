"""The ledger: every inbound event, what became of it, and how far its answers got; and all that does not add up.

event -> one stored message -> one turn (its outcome) -> its outgoing messages -> their deliveries
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Over, and_, case, exists, func, or_, select
from sqlalchemy.sql import FromClause

from bot.storage.schema import contacts, conversations, deliveries, events, messages, pending, turns
from bot.types.message import SPOKEN

V = TypeVar("V")

#: Whoever is overdue for longer is stuck: nobody works on it.
STUCK_AFTER = timedelta(minutes=2)
#: A message that is refused again and again for longer is stuck, although somebody works on it.
TRIED_FOR = timedelta(hours=1)
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """Rows that do not add up. `kind` is lost, doubled, reordered, stuck or misrouted; `ids` name at most SHOWN."""

    kind: str
    what: str
    count: int
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """The sums, and the findings. It balances when there are none. `notes` are what nobody can know for certain."""

    sums: dict[str, int]
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Check:
    """The rows of `table` for which `wrong` holds are a finding; `key` names them."""

    kind: str
    what: str
    key: ColumnElement[int]
    table: FromClause
    wrong: ColumnElement[bool]


def reconcile(connection: Connection, now: datetime) -> Ledger:
    """Goes through the whole database. Each check is one statement, so a service may be at work meanwhile."""
    checks = (*_lost(), *_doubled(), *_reordered(), *_stuck(now), *_misrouted())
    return Ledger(_sums(connection, now), _run_all(connection, checks), _run_all(connection, [_UNCERTAIN]))


def _run_all(connection: Connection, checks: Iterable[_Check]) -> tuple[Finding, ...]:
    return tuple(finding for check in checks if (finding := _run(connection, check)) is not None)


#: A sending that was cut off before its answer came was repeated, on a platform that cannot be asked.
_UNCERTAIN = _Check(
    "uncertain", "deliveries that may have arrived twice", deliveries.c.message_id, deliveries, deliveries.c.uncertain
)


_has_turn = exists().where(turns.c.message_id == messages.c.id)
_waits = exists().where(pending.c.message_id == messages.c.id)
_undelivered = deliveries.c.state.in_(("stored", "sending"))


def _lost() -> Iterator[_Check]:
    spoken = events.c.kind.in_([kind.value for kind in SPOKEN])
    has_message = exists().where(messages.c.event_id == events.c.id)
    yield _Check("lost", "events of customers without a message", events.c.id, events, spoken & ~has_message)

    forgotten = and_(messages.c.author == "customer", ~_has_turn, ~_waits)
    yield _Check("lost", "messages without a turn that wait for none", messages.c.id, messages, forgotten)

    answer = messages.alias("answer")
    answered = exists().where(answer.c.in_reply_to == turns.c.message_id)
    silent = and_(turns.c.outcome != "silent", ~answered)
    yield _Check("lost", "turns without an answer", turns.c.message_id, turns, silent)

    has_delivery = exists().where(deliveries.c.message_id == messages.c.id)
    kept_back = and_(messages.c.author.in_(("assistant", "agent", "system")), ~has_delivery)
    yield _Check("lost", "messages of ours that never went to the outbox", messages.c.id, messages, kept_back)


def _doubled() -> Iterator[_Check]:
    yield _Check("doubled", "messages with a turn that wait for another", messages.c.id, messages, _has_turn & _waits)


def _reordered() -> Iterator[_Check]:
    # turns of a conversation exclude each other, so their ids rise in the order of their commits
    done = (
        select(
            turns.c.message_id,
            turns.c.id,
            _largest_before(turns.c.id, messages.c.conversation_id, turns.c.message_id).label("before"),
        )
        .join(messages, messages.c.id == turns.c.message_id)
        .subquery()
    )
    yield _Check(
        "reordered", "turns before that of an earlier message", done.c.message_id, done, done.c.before > done.c.id
    )

    # where a receipt was faster than the platform's answer, `due_at` stands in for the unknown moment of sending
    known = and_(deliveries.c.sent_at.is_not(None), deliveries.c.sent_at != deliveries.c.due_at)
    sent = (
        select(
            deliveries.c.message_id,
            deliveries.c.sent_at,
            _largest_before(deliveries.c.sent_at, deliveries.c.conversation_id, deliveries.c.message_id).label(
                "before"
            ),
        )
        .where(known)
        .subquery()
    )
    wrong = sent.c.before > sent.c.sent_at
    yield _Check("reordered", "messages sent before an earlier one", sent.c.message_id, sent, wrong)


def _largest_before(value: ColumnElement[V], within: ColumnElement[int], order: ColumnElement[int]) -> Over[V]:
    """The largest value among the earlier rows of the same conversation."""
    return func.max(value).over(partition_by=within, order_by=order, rows=(None, -1))


def _stuck(now: datetime) -> Iterator[_Check]:
    late = now - STUCK_AFTER
    key = pending.c.message_id
    yield _Check("stuck", "messages that wait too long for their turn", key, pending, pending.c.due_at < late)

    # only the first of a conversation is anybody's business: the others wait for it, rightly
    first = select(func.min(deliveries.c.message_id)).where(_undelivered).group_by(deliveries.c.conversation_id)
    heads = deliveries.join(messages, messages.c.id == deliveries.c.message_id)
    key, is_first = deliveries.c.message_id, deliveries.c.message_id.in_(first)
    overdue = and_(deliveries.c.state == "stored", deliveries.c.due_at < late)
    left = and_(
        deliveries.c.state == "sending", or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until < late)
    )
    # waiting for a time that the platform named gives the attempt back, so whoever only waits was never refused
    refusals = deliveries.c.attempts - case((deliveries.c.state == "sending", 1), else_=0)
    in_vain = and_(_undelivered, refusals > 0, messages.c.created_at < now - TRIED_FOR, ~overdue, ~left)
    yield _Check("stuck", "messages that wait too long in the outbox", key, heads, is_first & overdue)
    yield _Check("stuck", "messages whose sending never ended", key, heads, is_first & left)
    yield _Check("stuck", "messages that were tried in vain for too long", key, heads, is_first & in_vain)


def _misrouted() -> Iterator[_Check]:
    routed = (
        deliveries.join(conversations, conversations.c.id == deliveries.c.conversation_id)
        .join(contacts, contacts.c.id == conversations.c.contact_id)
        .join(messages, messages.c.id == deliveries.c.message_id)
    )
    wrong = or_(
        deliveries.c.recipient != contacts.c.external_id,
        deliveries.c.channel != contacts.c.channel,
        messages.c.conversation_id != deliveries.c.conversation_id,
    )
    what = "deliveries to another contact than the conversation's"
    yield _Check("misrouted", what, deliveries.c.message_id, routed, wrong)


def _run(connection: Connection, check: _Check) -> Finding | None:
    total = func.count().over()
    query = select(check.key, total).select_from(check.table).where(check.wrong).order_by(check.key).limit(SHOWN)
    rows = connection.execute(query).all()
    return Finding(check.kind, check.what, rows[0][1], tuple(row[0] for row in rows)) if rows else None


def _sums(connection: Connection, now: datetime) -> dict[str, int]:
    def count(table: FromClause, *where: ColumnElement[bool]) -> int:
        return connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()

    sums = {
        "events": count(events),
        "customer_messages": count(messages, messages.c.author == "customer"),
        "waiting_turns": count(pending),
        "turns": count(turns),
        "outgoing_messages": count(deliveries),
        "waiting_for_another_try": count(deliveries, deliveries.c.state == "stored", deliveries.c.due_at > now),
        "given_up": count(deliveries, deliveries.c.state == "failed"),
    }
    states = select(deliveries.c.state, func.count()).where(deliveries.c.state != "failed").group_by(deliveries.c.state)
    sums |= {f"outgoing_{state}": number for state, number in connection.execute(states.order_by(deliveries.c.state))}
    return sums
