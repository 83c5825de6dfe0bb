"""Rows of the inbox: events, contacts, customers' messages, receipts."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bot.storage.rows import Rows, conversation_of, conversation_query
from bot.storage.schema import contacts, conversations, deliveries, events, messages, pending
from bot.types.conversation import Contact, Conversation, Status
from bot.types.languages import Language
from bot.types.message import Button, InboundEvent, Receipt

#: A message only moves forward through these. One that waits for another try (`stored`) has arrived after all, where
#: the platform says so.
BEFORE = {
    "sent": ("stored", "sending"),
    "delivered": ("stored", "sending", "sent"),
    "read": ("stored", "sending", "sent", "delivered"),
}


class InboxRows(Rows):
    """Implements `ports.InboxTx`."""

    def lock_senders(self, senders: Collection[tuple[str, str]]) -> None:
        """Locks the conversations of (channel, sender) pairs, always in the same order (SQLite: one writer)."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(
                select(conversations.c.id)
                .join(contacts, contacts.c.id == conversations.c.contact_id)
                .where(tuple_(contacts.c.channel, contacts.c.external_id).in_(senders))
                .order_by(conversations.c.id)
                .with_for_update(of=conversations, key_share=True)
            )

    def record_event(self, event: InboundEvent, now: datetime) -> int | None:
        """Stores the event; its id, or None if it is known already."""
        insert = postgres_insert if self.connection.dialect.name == "postgresql" else sqlite_insert
        statement = (
            insert(events)
            .values(
                channel=event.channel,
                external_id=event.external_id,
                kind=event.kind.value,
                sender=event.sender,
                detail=event.detail[:256],
                sent_at=event.sent_at,
                received_at=now,
            )
            .on_conflict_do_nothing(index_elements=["channel", "external_id"])
            .returning(events.c.id)
        )
        found: int | None = self.connection.execute(statement).scalar_one_or_none()
        return found

    def contact_for(self, event: InboundEvent, now: datetime) -> Contact:
        """The sender's contact, made if new; name and locale are brought up to date."""
        key = and_(contacts.c.channel == event.channel, contacts.c.external_id == event.sender)
        row = self.connection.execute(select(contacts).where(key)).one_or_none()
        if row is None:
            self._insert_if_new(
                contacts,
                ["channel", "external_id"],
                channel=event.channel,
                external_id=event.sender,
                name=event.name[:256],
                locale=event.locale[:16],
                created_at=now,
            )
            row = self.connection.execute(select(contacts).where(key)).one()
        name, locale = event.name[:256] or row.name, event.locale[:16] or row.locale
        if (name, locale) != (row.name, row.locale):
            self.connection.execute(update(contacts).where(contacts.c.id == row.id).values(name=name, locale=locale))
        return Contact(row.id, event.channel, event.sender, name, locale)

    def last_brand(self, contact: Contact) -> str | None:
        """The brand that the contact wrote to last."""
        found: str | None = self.connection.execute(
            select(conversations.c.brand)
            .where(conversations.c.contact_id == contact.id)
            .order_by(conversations.c.last_inbound_at.desc(), conversations.c.id.desc())
            .limit(1)
        ).scalar_one_or_none()
        return found

    def conversation_for(self, contact: Contact, brand: str, language: Language, now: datetime) -> Conversation:
        """The contact's conversation with the brand, made if new, locked."""
        query = conversation_query().where(conversations.c.contact_id == contact.id, conversations.c.brand == brand)
        row = self.connection.execute(query.with_for_update(of=conversations, key_share=True)).one_or_none()
        if row is None:
            self._insert_if_new(
                conversations,
                ["contact_id", "brand"],
                contact_id=contact.id,
                channel=contact.channel,
                brand=brand,
                language=language,
                created_at=now,
                updated_at=now,
            )
            row = self.connection.execute(query.with_for_update(of=conversations, key_share=True)).one()
        return conversation_of(row)

    def customer_message(self, conversation: Conversation, event_id: int, event: InboundEvent, now: datetime) -> int:
        """Adds the customer's message and lets it wait for its turn; reopens the conversation. Its id."""
        message_id = self._insert(
            messages,
            conversation_id=conversation.id,
            event_id=event_id,
            author="customer",
            kind=event.kind.value,
            text=event.text,
            payload=event.payload,
            phone=event.phone,
            holder=conversation.holder.value,
            attachments=[asdict(attachment) for attachment in event.attachments],
            created_at=now,
        )
        self._insert(pending, message_id=message_id, conversation_id=conversation.id, due_at=now)
        self.connection.execute(
            update(conversations)
            .where(conversations.c.id == conversation.id)
            .values(
                status=Status.OPEN.value,
                last_inbound_at=now,
                updated_at=now,
                reply_context=dict(event.reply_context) or conversation.reply_context,
            )
        )
        return message_id

    def offered_buttons(self, conversation_id: int) -> Sequence[Button]:
        """The buttons of the last message of ours that had any."""
        rows = self.connection.execute(
            select(messages.c.buttons)
            .where(messages.c.conversation_id == conversation_id, messages.c.author != "customer")
            .order_by(messages.c.id.desc())
            .limit(6)
        )
        for buttons in rows.scalars():
            if buttons:
                return [Button(b["title"], b["payload"]) for b in buttons]
        return []

    def apply_receipt(self, channel: str, sender: str, receipt: Receipt) -> None:
        """Moves outgoing messages forward (never back) to sent, delivered or read."""
        which: list[ColumnElement[bool]] = []
        if receipt.external_ids:
            which.append(deliveries.c.external_id.in_(receipt.external_ids))
        if receipt.message_ids:
            which.append(deliveries.c.message_id.in_(receipt.message_ids))
        if receipt.up_to is not None:
            which.append(deliveries.c.sent_at <= receipt.up_to)
        if not which:
            return
        self.connection.execute(
            update(deliveries)
            .where(
                deliveries.c.channel == channel,
                deliveries.c.recipient == sender,
                deliveries.c.state.in_(BEFORE[receipt.state.value]),
                or_(*which),
            )
            # a later receipt "up to a moment" needs a time also where the answer with it never came
            .values(state=receipt.state.value, sent_at=func.coalesce(deliveries.c.sent_at, deliveries.c.due_at))
        )

    def _insert_if_new(self, table: Table, key: list[str], **values: object) -> None:
        insert = postgres_insert if self.connection.dialect.name == "postgresql" else sqlite_insert
        self.connection.execute(insert(table).values(**values).on_conflict_do_nothing(index_elements=key))
