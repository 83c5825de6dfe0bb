"""What all row modules share: the connection, announcements, and conversations as nouns."""

from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from bot.errors import NotFound
from bot.storage.schema import contacts, conversations
from bot.types.conversation import Contact, Conversation, Holder, Status


def conversation_query() -> Select[Any]:
    """Conversations with their contacts."""
    return select(
        conversations,
        contacts.c.external_id.label("contact_external_id"),
        contacts.c.name.label("contact_name"),
        contacts.c.locale.label("contact_locale"),
    ).join(contacts, contacts.c.id == conversations.c.contact_id)


def conversation_of(row: Row[Any]) -> Conversation:
    """The noun for a row of `conversation_query`."""
    return Conversation(
        id=row.id,
        contact=Contact(
            id=row.contact_id,
            channel=row.channel,
            external_id=row.contact_external_id,
            name=row.contact_name,
            locale=row.contact_locale,
        ),
        channel=row.channel,
        brand=row.brand,
        language=row.language,
        holder=Holder(row.holder),
        status=Status(row.status),
        fence=row.fence,
        agent_id=row.agent_id,
        team=row.team,
        last_inbound_at=row.last_inbound_at,
        reply_context=row.reply_context,
    )


class Rows:
    """Base of the row modules."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._topics: set[str] = set()

    def wake(self, topic: str) -> None:
        """Announces `topic` once the transaction is committed."""
        self._topics.add(topic)

    def conversation(self, conversation_id: int, *, lock: bool = False) -> Conversation:
        """Raises NotFound. With `lock`, nobody else changes it until the commit (SQLite: there is one writer).

        `key_share`: rows that only refer to the conversation (the feed's) may be added by others meanwhile.
        """
        query = conversation_query().where(conversations.c.id == conversation_id)
        if lock:
            query = query.with_for_update(of=conversations, key_share=True)
        row = self.connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(f"there is no conversation {conversation_id}")
        return conversation_of(row)

    def _insert(self, table: Any, **values: Any) -> int:
        """Inserts a row; its id."""
        key = self.connection.execute(insert(table).values(**values)).inserted_primary_key
        assert key is not None
        return int(key[0])
