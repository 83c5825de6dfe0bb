"""From the console's rows to the API's shapes."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from bot.storage import accounts, console
from bot.types.desk import Agent, Priority
from bot.types.platform import LIMITS
from handoff.console.schemas import (
    AgentShape,
    AssignmentShape,
    AttemptShape,
    ButtonShape,
    CallbackShape,
    ContactShape,
    ConversationShape,
    DeliveryShape,
    LastMessage,
    MessageShape,
    NamedAgent,
    OpenConversation,
    PriorityName,
    ReplyWindow,
    TicketShape,
    TriageShape,
)

PRIORITIES: Mapping[Priority, PriorityName] = {
    Priority.URGENT: "urgent",
    Priority.COMPLAINT: "complaint",
    Priority.NORMAL: "normal",
}
#: A list shows the beginning of the latest words.
PREVIEW = 200


def agent_shape(agent: Agent) -> AgentShape:
    """A person of the desk."""
    return AgentShape(id=agent.id, login=agent.login, name=agent.name, role=agent.role.value, teams=list(agent.teams))


def conversation_shapes(connection: Connection, listed: Sequence[console.Listed]) -> list[ConversationShape]:
    """List items, with the agents who hold them."""
    agents = accounts.agents_by_id(connection, (item.row.agent_id for item in listed))
    return [ConversationShape(**_conversation(item, agents)) for item in listed]


def open_conversation(connection: Connection, conversation_id: int) -> OpenConversation:
    """One conversation; raises NotFound."""
    item = console.get_conversation(connection, conversation_id)
    agents = accounts.agents_by_id(connection, [item.row.agent_id])
    return OpenConversation(**_conversation(item, agents), reply_window=_reply_window(item.row))


def _conversation(item: console.Listed, agents: Mapping[int, Agent]) -> dict[str, Any]:
    row, last = item.row, item.last_message
    return {
        "id": row.id,
        "channel": row.channel,
        "brand": row.brand,
        "language": row.language,
        "holder": row.holder,
        "status": row.status,
        "agent": agent_shape(agents[row.agent_id]) if row.agent_id is not None else None,
        "team": row.assigned_team or row.team,
        "contact": ContactShape(id=row.contact_id, name=row.contact_name),
        "triage": TriageShape.model_validate(item.understanding) if item.understanding is not None else None,
        "waiting_since": item.waiting_since,
        "priority": _priority(row.priority) if row.priority is not None else None,
        "reason": row.reason,
        "last_message": LastMessage(author=last.author, text=last.text[:PREVIEW], at=last.created_at) if last else None,
        "customer_words": item.last_asked.text[:PREVIEW] if item.last_asked else "",
        "updated_at": row.updated_at,
    }


def _priority(value: int) -> PriorityName:
    return PRIORITIES[Priority(value)]


def _reply_window(row: Row[Any]) -> ReplyWindow:
    window = LIMITS[row.channel].agent_window
    if window is None or row.last_inbound_at is None:
        return ReplyWindow(agent_until=None)
    return ReplyWindow(agent_until=row.last_inbound_at + window)


def message_shape(row: Row[Any]) -> MessageShape:
    """A message; one that has no delivery (the customer's own, a note) says so."""
    delivery = None
    if row.delivery_state is not None:
        delivery = DeliveryShape(state=row.delivery_state, reason=row.delivery_reason or None)
    return MessageShape(
        id=row.id,
        author=row.author,
        agent=NamedAgent(id=row.agent_id, name=row.agent_name) if row.agent_id is not None else None,
        text=row.text,
        buttons=[ButtonShape(title=button["title"], payload=button["payload"]) for button in row.buttons],
        attachments=row.attachments,
        at=row.created_at,
        kind=row.kind,
        delivery=delivery,
        understanding=row.understanding,
        outcome=row.outcome,
    )


def ticket_shape(row: Row[Any]) -> TicketShape:
    """A ticket."""
    return TicketShape.model_validate(row, from_attributes=True)


def callback_shapes(connection: Connection, rows: Sequence[Row[Any]]) -> list[CallbackShape]:
    """Promised calls with their attempts."""
    attempts: dict[int, list[AttemptShape]] = {row.id: [] for row in rows}
    for row in console.attempts_of(connection, attempts) if rows else ():
        agent = NamedAgent(id=row.agent_id, name=row.agent_name)
        attempts[row.callback_id].append(AttemptShape(outcome=row.outcome, note=row.note, agent=agent, at=row.at))
    return [_callback(row, attempts[row.id]) for row in rows]


def _callback(row: Row[Any], attempts: list[AttemptShape]) -> CallbackShape:
    return CallbackShape(
        id=row.id,
        reference=row.reference,
        phone=row.phone,
        language=row.language,
        topic=row.topic,
        team=row.team,
        due_at=row.due_at,
        code=row.code,
        status=row.status,
        attempts=attempts,
        conversation_id=row.conversation_id,
        brand=row.brand,
        name=row.name,
    )


def assignment_shapes(connection: Connection, rows: Sequence[Row[Any]]) -> list[AssignmentShape]:
    """A conversation's history with the desk."""
    agents = accounts.agents_by_id(connection, (row.agent_id for row in rows))
    return [
        AssignmentShape(
            team=row.team,
            priority=_priority(row.priority),
            reason=row.reason,
            opened_at=row.opened_at,
            agent=agent_shape(agents[row.agent_id]) if row.agent_id is not None else None,
            claimed_at=row.claimed_at,
            closed_at=row.closed_at,
            result=row.result,
        )
        for row in rows
    ]
