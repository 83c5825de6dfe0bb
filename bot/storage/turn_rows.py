"""Rows of turns: leasing a conversation, and what its turn decided."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update

from bot.errors import Stale
from bot.ports import Work
from bot.storage.desk_rows import DeskRows
from bot.storage.schema import (
    assignments,
    callbacks,
    conversations,
    dialogue_events,
    messages,
    pending,
    tickets,
    turns,
    workers,
)
from bot.types.conversation import Conversation, CustomerMessage, Holder
from bot.types.desk import Ticket, TicketKind
from bot.types.effects import AddToTicket, BookCallback, OpenTicket, TurnResult

#: The dialogue bounds its own events (bot/dialogue); this is only the last resort.
EVENTS_READ = 200


def _worker_of(lease: str) -> str:
    return lease.partition(":")[0]


class TurnRows(DeskRows):
    """Implements `ports.TurnTx`."""

    def lease_turn(self, worker: str, now: datetime, seconds: float) -> Work | None:
        """Leases the conversation whose oldest waiting message is due longest; None where nothing waits."""
        oldest = select(func.min(pending.c.message_id)).group_by(pending.c.conversation_id)
        free = or_(conversations.c.lease.is_(None), conversations.c.lease_until < now)
        row = self.connection.execute(
            select(pending.c.message_id, pending.c.conversation_id, pending.c.attempts)
            .join(conversations, conversations.c.id == pending.c.conversation_id)
            .where(pending.c.due_at <= now, free, pending.c.message_id.in_(oldest))
            .order_by(pending.c.due_at, pending.c.message_id)
            .limit(1)
            # both rows: a message whose turn was committed a moment ago is seen to be gone
            .with_for_update(of=(conversations, pending), skip_locked=True)
        ).one_or_none()
        if row is None:
            return None
        lease = f"{worker}:{secrets.token_hex(8)}"
        self.connection.execute(
            update(conversations)
            .where(conversations.c.id == row.conversation_id)
            .values(lease=lease, lease_until=now + timedelta(seconds=seconds))
        )
        self.connection.execute(
            update(pending).where(pending.c.message_id == row.message_id).values(attempts=row.attempts + 1)
        )
        conversation = self.conversation(row.conversation_id)
        return Work(
            lease=lease,
            conversation=conversation,
            message=self._message(row.message_id),
            events=self._dialogue(conversation.id),
            attempt=row.attempts + 1,
            assignment=self.open_assignment(conversation.id),
            queue_ahead=self._queue_ahead(conversation),
            queue=self._queue(conversation.id),
            open_ticket=self._open_complaint(conversation.id),
            spoken_before=self._is_there(conversation.id, messages.c.author == "assistant"),
            understood_before=self._is_there(conversation.id, messages.c.understanding.is_not(None)),
        )

    def check_lease(self, work: Work, now: datetime) -> Conversation:
        """The conversation as it is now, locked; raises Stale if the lease or the fence is no longer ours."""
        conversation = self.conversation(work.conversation.id, lock=True)
        lease, until = self.connection.execute(
            select(conversations.c.lease, conversations.c.lease_until).where(conversations.c.id == conversation.id)
        ).one()
        if lease != work.lease or until < now:
            raise Stale(f"the lease on conversation {conversation.id} has lapsed", code="lease_lapsed")
        if conversation.fence != work.conversation.fence:
            raise Stale(f"conversation {conversation.id} has changed hands", code="holder_changed")
        return conversation

    def finish_turn(self, work: Work, result: TurnResult, now: datetime) -> int:
        """Writes the turn's own row, understanding and dialogue events; ends the lease. The turn's id."""
        conversation_id = work.conversation.id
        understanding = result.understanding
        turn_id = self._insert(
            turns,
            message_id=work.message.id,
            outcome=result.outcome,
            attempts=work.attempt,
            worker=_worker_of(work.lease),
            model=understanding.model if understanding else "",
            finished_at=now,
        )
        if understanding is not None:
            self.connection.execute(
                update(messages).where(messages.c.id == work.message.id).values(understanding=understanding.to_json())
            )
        self.connection.execute(delete(pending).where(pending.c.message_id == work.message.id))
        if result.fresh:
            self.forget_dialogue(conversation_id)
        if result.events:
            self.connection.execute(
                insert(dialogue_events),
                [{"conversation_id": conversation_id, "turn_id": turn_id, "event": e} for e in result.events],
            )
        self._free(conversation_id, updated_at=now, language=result.language or work.conversation.language)
        return turn_id

    def postpone_turn(self, work: Work, due_at: datetime) -> None:
        """Gives the lease back, if it is still ours; the message is tried again at `due_at`."""
        mine = self.connection.execute(
            select(conversations.c.lease).where(conversations.c.id == work.conversation.id).with_for_update()
        ).scalar_one()
        if mine != work.lease:
            return
        self.connection.execute(update(pending).where(pending.c.message_id == work.message.id).values(due_at=due_at))
        self._free(work.conversation.id)

    def free_leases(self, gone: Callable[[str], bool]) -> int:
        """Ends the leases of workers that are gone; how many."""
        held = self.connection.execute(select(conversations.c.lease).where(conversations.c.lease.is_not(None)))
        dead = [lease for lease in held.scalars() if gone(_worker_of(lease))]
        if dead:
            self.connection.execute(
                update(conversations).where(conversations.c.lease.in_(dead)).values(lease=None, lease_until=None)
            )
        return len(dead)

    def forget_dialogue(self, conversation_id: int) -> None:
        """Older dialogue events are no longer read."""
        newest = select(func.coalesce(func.max(dialogue_events.c.id), 0)).where(
            dialogue_events.c.conversation_id == conversation_id
        )
        self.connection.execute(
            update(conversations)
            .where(conversations.c.id == conversation_id)
            .values(session_from=newest.scalar_subquery())
        )

    def open_ticket(self, conversation: Conversation, message_id: int, ticket: OpenTicket, now: datetime) -> int:
        """Stores a ticket; its id."""
        return self._insert(
            tickets,
            reference=ticket.reference,
            kind=ticket.kind.value,
            conversation_id=conversation.id,
            message_id=message_id,
            topic=ticket.topic,
            team=ticket.team,
            text=ticket.text,
            due_on=ticket.due_on,
            created_at=now,
        )

    def add_to_ticket(self, addition: AddToTicket, now: datetime) -> None:
        """Appends the customer's words to an open ticket."""
        self.connection.execute(
            update(tickets)
            .where(tickets.c.reference == addition.reference)
            .values(text=tickets.c.text + "\n\n" + addition.text)
        )

    def book_callback(self, conversation: Conversation, callback: BookCallback, now: datetime) -> int:
        """Stores a promised call; its id."""
        return self._insert(
            callbacks,
            reference=callback.reference,
            conversation_id=conversation.id,
            phone=callback.phone,
            language=conversation.language,
            topic=callback.topic,
            team=callback.team,
            due_at=callback.due_at,
            code=callback.code,
            consent_at=now,
            created_at=now,
        )

    def worker_seen(self, worker: str, model: str, now: datetime) -> None:
        """A worker's sign of life; rows of workers long gone are dropped."""
        changed = self.connection.execute(
            update(workers).where(workers.c.id == worker).values(model=model, seen_at=now)
        )
        if changed.rowcount == 0:
            self.connection.execute(insert(workers).values(id=worker, model=model, seen_at=now))
            self.connection.execute(delete(workers).where(workers.c.seen_at < now - timedelta(days=1)))

    def _free(self, conversation_id: int, **values: Any) -> None:
        self.connection.execute(
            update(conversations)
            .where(conversations.c.id == conversation_id)
            .values(lease=None, lease_until=None, **values)
        )

    def _message(self, message_id: int) -> CustomerMessage:
        row = self.connection.execute(select(messages).where(messages.c.id == message_id)).one()
        return CustomerMessage(
            id=row.id,
            kind=row.kind,
            text=row.text,
            payload=row.payload,
            phone=row.phone,
            attachments=tuple(row.attachments),
            received_at=row.created_at,
            holder=Holder(row.holder),
        )

    def _dialogue(self, conversation_id: int) -> tuple[dict[str, Any], ...]:
        rows = self.connection.execute(
            select(dialogue_events.c.event)
            .join(conversations, conversations.c.id == dialogue_events.c.conversation_id)
            .where(
                dialogue_events.c.conversation_id == conversation_id,
                dialogue_events.c.id > conversations.c.session_from,
            )
            .order_by(dialogue_events.c.id.desc())
            .limit(EVENTS_READ)
        )
        return tuple(reversed(list(rows.scalars())))

    def _queue_ahead(self, conversation: Conversation) -> int:
        if conversation.holder is not Holder.QUEUE:
            return 0
        waiting = and_(assignments.c.closed_at.is_(None), assignments.c.agent_id.is_(None))
        mine = self.connection.execute(
            select(assignments).where(assignments.c.conversation_id == conversation.id, waiting)
        ).one_or_none()
        if mine is None:
            return 0
        earlier = or_(
            assignments.c.priority < mine.priority,
            and_(assignments.c.priority == mine.priority, assignments.c.opened_at < mine.opened_at),
        )
        return self.connection.execute(
            select(func.count()).where(waiting, assignments.c.team == mine.team, earlier)
        ).scalar_one()

    def _is_there(self, conversation_id: int, what: ColumnElement[bool]) -> bool:
        found = select(messages.c.id).where(messages.c.conversation_id == conversation_id, what)
        return self.connection.execute(found.limit(1)).first() is not None

    def _queue(self, conversation_id: int) -> dict[tuple[str, int], int]:
        rows = self.connection.execute(
            select(assignments.c.team, assignments.c.priority, func.count())
            .where(
                assignments.c.closed_at.is_(None),
                assignments.c.agent_id.is_(None),
                assignments.c.conversation_id != conversation_id,
            )
            .group_by(assignments.c.team, assignments.c.priority)
        )
        return {(team, priority): count for team, priority, count in rows}

    def _open_complaint(self, conversation_id: int) -> Ticket | None:
        row = self.connection.execute(
            select(tickets)
            .where(
                tickets.c.conversation_id == conversation_id,
                tickets.c.kind == TicketKind.COMPLAINT.value,
                tickets.c.status == "open",
            )
            .order_by(tickets.c.id.desc())
            .limit(1)
        ).one_or_none()
        if row is None:
            return None
        return Ticket(
            row.id,
            row.reference,
            TicketKind(row.kind),
            row.conversation_id,
            row.topic,
            row.team,
            row.text,
            row.status,
            row.created_at,
            row.due_on,
        )
