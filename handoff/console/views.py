"""The API's handlers: what is read for the console, and the desk's verbs."""

from collections.abc import Callable
from datetime import datetime

from bot.company import Company
from bot.ports import Knowledge, Tx
from bot.storage import console
from bot.storage.console import Wanted, connection_of
from bot.types.desk import Agent, CallOutcome
from handoff import lifecycle
from handoff.console import playbook
from handoff.console.http import Call
from handoff.console.schemas import (
    AttemptBody,
    CallbackAnswer,
    CallbacksAnswer,
    CallbacksQuery,
    ConversationAnswer,
    ConversationDetail,
    ConversationsAnswer,
    ConversationsQuery,
    CountsShape,
    MessageAnswer,
    MessageBody,
    TicketAnswer,
    TicketsAnswer,
    TicketsQuery,
    TransferBody,
)
from handoff.console.shapes import (
    assignment_shapes,
    callback_shapes,
    conversation_shapes,
    message_shape,
    open_conversation,
    ticket_shape,
)


async def conversations(call: Call) -> ConversationsAnswer:
    """A page of conversations."""
    return await call.context.store.read(_conversations, call.query(ConversationsQuery), call.agent.id)


def _conversations(tx: Tx, query: ConversationsQuery, me: int) -> ConversationsAnswer:
    connection = connection_of(tx)
    cursor = console.newest_cursor(connection)  # first: what changes while we read is told again by the feed
    wanted = Wanted(
        holder=query.holder if query.holder in ("queue", "assistant", "agent") else None,
        agent_id=me if query.holder == "me" else None,
        status=query.status if query.status != "any" else None,
        team=query.team,
        before=query.before,
        limit=query.limit,
    )
    shapes = conversation_shapes(connection, console.list_conversations(connection, wanted))
    counts = CountsShape.model_validate(console.count_open(connection, me))
    return ConversationsAnswer(conversations=shapes, counts=counts, cursor=cursor)


async def conversation(call: Call) -> ConversationDetail:
    """All about one conversation."""
    context = call.context
    return await context.store.read(_detail, call.id, context.knowledge, context.company, context.clock.now())


def _detail(tx: Tx, conversation_id: int, knowledge: Knowledge, company: Company, now: datetime) -> ConversationDetail:
    connection = connection_of(tx)
    cursor = console.newest_cursor(connection)
    shape = open_conversation(connection, conversation_id)
    messages = [message_shape(row) for row in console.messages_of(connection, conversation_id)]
    understood = [message.understanding for message in reversed(messages) if message.understanding is not None]
    tickets = console.list_tickets(connection, conversation_id=conversation_id)
    callbacks = console.list_callbacks(connection, conversation_id=conversation_id)
    assignments = console.assignments_of(connection, conversation_id)
    return ConversationDetail(
        conversation=shape,
        messages=messages,
        tickets=[ticket_shape(row) for row in tickets],
        callbacks=callback_shapes(connection, callbacks),
        assignments=assignment_shapes(connection, assignments),
        playbook=playbook.suggest(knowledge, company, shape.brand, shape.language, understood, now),
        cursor=cursor,
    )


async def claim(call: Call) -> ConversationAnswer:
    """Takes the conversation."""
    context, agent = call.context, call.agent
    now = context.clock.now()
    return await _change(call, lambda tx: lifecycle.claim(tx, agent, call.id, now, context.texts, context.company))


async def reply(call: Call) -> MessageAnswer:
    """Answers the customer, or leaves a note."""
    body, now = call.body(MessageBody), call.context.clock.now()
    return await call.context.store.write(_reply, call.agent, call.id, body, now)


def _reply(tx: Tx, agent: Agent, conversation_id: int, body: MessageBody, now: datetime) -> MessageAnswer:
    message_id = lifecycle.reply(tx, agent, conversation_id, body.text, now, note=body.note)
    return MessageAnswer(message=message_shape(console.get_message(connection_of(tx), message_id)))


async def transfer(call: Call) -> ConversationAnswer:
    """Passes the conversation on."""
    context, agent, body = call.context, call.agent, call.body(TransferBody)
    now, login = context.clock.now(), body.agent.strip().lower() if body.agent is not None else None
    return await _change(
        call,
        lambda tx: lifecycle.transfer(
            tx, agent, call.id, now, context.texts, context.company, team=body.team, to_login=login
        ),
    )


async def give_back(call: Call) -> ConversationAnswer:
    """Returns the conversation to the assistant."""
    context, agent = call.context, call.agent
    now = context.clock.now()
    return await _change(call, lambda tx: lifecycle.give_back(tx, agent, call.id, now, context.texts))


async def resolve(call: Call) -> ConversationAnswer:
    """Ends the matter."""
    context, agent = call.context, call.agent
    now = context.clock.now()
    return await _change(call, lambda tx: lifecycle.resolve(tx, agent, call.id, now, context.texts))


async def _change(call: Call, verb: Callable[[Tx], None]) -> ConversationAnswer:
    """One of the desk's verbs, and the conversation after it."""

    def work(tx: Tx) -> ConversationAnswer:
        verb(tx)
        return ConversationAnswer(conversation=open_conversation(connection_of(tx), call.id))

    return await call.context.store.write(work)


async def tickets(call: Call) -> TicketsAnswer:
    """Complaints and ideas."""
    return await call.context.store.read(_tickets, call.query(TicketsQuery))


def _tickets(tx: Tx, query: TicketsQuery) -> TicketsAnswer:
    rows = console.list_tickets(
        connection_of(tx), kind=query.kind, status=query.status, before=query.before, limit=query.limit
    )
    return TicketsAnswer(tickets=[ticket_shape(row) for row in rows])


async def close_ticket(call: Call) -> TicketAnswer:
    """Closes a ticket; one that is closed stays so."""
    return await call.context.store.write(_close_ticket, call.id, call.context.clock.now())


def _close_ticket(tx: Tx, ticket_id: int, now: datetime) -> TicketAnswer:
    connection = connection_of(tx)
    conversation_id, kind = console.close_ticket(connection, ticket_id)
    tx.change("ticket", conversation_id, {"ticket_id": ticket_id, "kind": kind.value}, now)
    return TicketAnswer(ticket=ticket_shape(console.list_tickets(connection, ticket_id=ticket_id)[0]))


async def callbacks(call: Call) -> CallbacksAnswer:
    """Promised calls."""
    return await call.context.store.read(_callbacks, call.query(CallbacksQuery))


def _callbacks(tx: Tx, query: CallbacksQuery) -> CallbacksAnswer:
    connection = connection_of(tx)
    rows = console.list_callbacks(connection, status=query.status, limit=query.limit)
    return CallbacksAnswer(callbacks=callback_shapes(connection, rows))


async def log_attempt(call: Call) -> CallbackAnswer:
    """Logs an attempt to call."""
    body, now = call.body(AttemptBody), call.context.clock.now()
    company = call.context.company
    return await call.context.store.write(_log_attempt, call.agent, call.id, body.outcome, body.note, now, company)


def _log_attempt(
    tx: Tx, agent: Agent, callback_id: int, outcome: CallOutcome, note: str, now: datetime, company: Company
) -> CallbackAnswer:
    lifecycle.log_attempt(tx, agent, callback_id, outcome, note, now, company)
    connection = connection_of(tx)
    rows = console.list_callbacks(connection, callback_id=callback_id)
    return CallbackAnswer(callback=callback_shapes(connection, rows)[0])
