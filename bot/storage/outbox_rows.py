"""Rows of the outbox: messages of ours and their deliveries."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, func, or_, select, update

from bot.storage.rows import Rows
from bot.storage.schema import agents, contacts, conversations, deliveries, messages
from bot.types.conversation import Conversation
from bot.types.message import UNCONFIRMED, Author, Button, DeliveryState, OutboundMessage

#: Sending these twice shows them once: the widget knows each message by its id.
REPEATABLE = ("webchat",)
#: So their leases may be short: nobody should wait because a process died.
REPEAT_SECONDS = 5.0
UNDELIVERED = ("stored", "sending")


class OutboxRows(Rows):
    """Implements `ports.OutboxTx`."""

    def add_message(
        self,
        conversation: Conversation,
        author: Author,
        text: str,
        now: datetime,
        *,
        buttons: Sequence[Button] = (),
        ask_phone: bool = False,
        phone_title: str = "",
        agent_id: int | None = None,
        in_reply_to: int | None = None,
    ) -> int:
        """Adds a message; all but notes wait in the outbox. Its id."""
        message_id = self._insert(
            messages,
            conversation_id=conversation.id,
            author=author.value,
            agent_id=agent_id,
            in_reply_to=in_reply_to,
            text=text,
            buttons=[asdict(button) for button in buttons],
            ask_phone=ask_phone,
            phone_title=phone_title,
            created_at=now,
        )
        self.connection.execute(
            update(conversations).where(conversations.c.id == conversation.id).values(updated_at=now)
        )
        if author is not Author.NOTE:
            self._insert(
                deliveries,
                message_id=message_id,
                conversation_id=conversation.id,
                channel=conversation.channel,
                recipient=conversation.contact.external_id,
                state=DeliveryState.STORED.value,
                due_at=now,
            )
            self.wake("outbox")
        return message_id

    def lease_deliveries(
        self, now: datetime, seconds: float, limit: int, channels: Collection[str]
    ) -> Sequence[OutboundMessage]:
        """Leases due messages: at most one a conversation, and none that has an undelivered one before it."""
        first = (
            select(func.min(deliveries.c.message_id))
            .where(deliveries.c.state.in_(UNDELIVERED))
            .group_by(deliveries.c.conversation_id)
        )
        due = or_(
            and_(deliveries.c.state == "stored", deliveries.c.due_at <= now),
            and_(deliveries.c.state == "sending", deliveries.c.lease_until < now),
        )
        rows = self.connection.execute(
            select(deliveries)
            .where(due, deliveries.c.channel.in_(channels), deliveries.c.message_id.in_(first))
            .order_by(deliveries.c.due_at, deliveries.c.message_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            repeatable = row.channel in REPEATABLE
            cut_off = not repeatable and (row.state == "sending" or row.reason == UNCONFIRMED)
            self.connection.execute(
                update(deliveries)
                .where(deliveries.c.message_id == row.message_id)
                .values(
                    state="sending",
                    attempts=row.attempts + 1,
                    lease_until=now + timedelta(seconds=min(seconds, REPEAT_SECONDS) if repeatable else seconds),
                    uncertain=row.uncertain or cut_off,
                )
            )
        attempts = {row.message_id: row.attempts + 1 for row in rows}
        return [self._outbound(row, attempts[row.id]) for row in self._messages(list(attempts))]

    def settle_delivery(
        self,
        message_id: int,
        attempt: int,
        state: DeliveryState,
        now: datetime,
        *,
        external_id: str = "",
        reason: str = "",
        due_at: datetime | None = None,
        counts: bool = True,
    ) -> DeliveryState:
        """Writes how an attempt ended; the state that the message is in now.

        A receipt that was faster than the answer is not overwritten, nor is a later attempt. Only that the message
        arrived is believed from an earlier attempt, where it still waits for another try.
        """
        mine = and_(deliveries.c.state == "sending", deliveries.c.attempts == attempt)
        values: dict[str, Any] = {"state": state.value, "reason": reason[:256], "lease_until": None}
        if not counts:
            values["attempts"] = deliveries.c.attempts - 1
        if state is DeliveryState.SENT:
            values["sent_at"] = now
            mine = or_(mine, deliveries.c.state == "stored")
        if due_at is not None:
            values["due_at"] = due_at
        row = deliveries.c.message_id == message_id
        changed = self.connection.execute(update(deliveries).where(row, mine).values(**values)).rowcount
        after, attempts = self.connection.execute(select(deliveries.c.state, deliveries.c.attempts).where(row)).one()
        if external_id and (changed or attempts == attempt):  # later receipts name the message by it
            self.connection.execute(update(deliveries).where(row).values(external_id=external_id))
        return DeliveryState(after)

    def _messages(self, ids: list[int]) -> Sequence[Row[Any]]:
        if not ids:
            return []
        return self.connection.execute(
            select(
                messages,
                agents.c.name.label("agent_name"),
                conversations.c.channel,
                conversations.c.reply_context,
                conversations.c.last_inbound_at,
                contacts.c.external_id.label("recipient"),
            )
            .join(conversations, conversations.c.id == messages.c.conversation_id)
            .join(contacts, contacts.c.id == conversations.c.contact_id)
            .outerjoin(agents, agents.c.id == messages.c.agent_id)
            .where(messages.c.id.in_(ids))
            .order_by(messages.c.id)
        ).all()

    @staticmethod
    def _outbound(row: Row[Any], attempt: int) -> OutboundMessage:
        return OutboundMessage(
            id=row.id,
            conversation_id=row.conversation_id,
            channel=row.channel,
            recipient=row.recipient,
            author=Author(row.author),
            text=row.text,
            author_name=first_name(row.agent_name),
            buttons=tuple(Button(b["title"], b["payload"]) for b in row.buttons),
            ask_phone=row.ask_phone,
            phone_title=row.phone_title,
            reply_context=row.reply_context,
            attempt=attempt,
            last_inbound_at=row.last_inbound_at,
        )


def first_name(name: str | None) -> str:
    """What a customer sees of an agent's name."""
    return (name or "").split(" ")[0]
