"""The life of a conversation at the desk: asked for, claimed, answered, passed on, given back, resolved.

A conversation is held by the assistant, by the queue or by exactly one agent. Every verb here locks the conversation,
checks that the caller may, and only then writes; so of two people who act at once, the second meets the first one's
result and is refused with a `Conflict`. Each change of holder raises the fence, which voids whatever was decided
under the holder before. Every change of owner ends one assignment and opens the next: they are the history.
"""

from datetime import datetime

from bot.company import Company
from bot.errors import Conflict, Malformed, NotFound
from bot.ports import WAKE_LIVE, WAKE_OUTBOX, Texts, Tx
from bot.rules.split import split_text
from bot.types.conversation import Conversation, Holder, Status
from bot.types.desk import Agent, Assignment, Callback, CallbackStatus, CallOutcome, Priority, Reason, Role
from bot.types.effects import RequestAgent
from bot.types.message import Author
from bot.types.platform import LIMITS
from handoff.callback import after_attempt, fit_to_hours

#: Roles that may take a conversation from another agent.
MAY_TAKE_OVER = frozenset({Role.LEAD, Role.ADMIN})


def request_agent(tx: Tx, conversation_id: int, request: RequestAgent, now: datetime) -> None:
    """The assistant asks for a person. Where one holds already, nothing changes; where the customer waits already,
    a more urgent request raises the place in the queue and decides the team."""
    conversation = tx.conversation(conversation_id, lock=True)
    if conversation.holder is Holder.AGENT:
        return
    waiting = tx.open_assignment(conversation_id)
    if waiting is None:
        _open(tx, conversation, request.team, request.priority, request.reason, request.topic, now)
        return
    if request.priority >= waiting.priority:
        return
    tx.change_assignment(waiting.id, team=request.team, priority=request.priority)
    tx.set_holder(conversation_id, Holder.QUEUE, team=request.team)
    _announce(tx, conversation_id, now)


def outside_reply(tx: Tx, conversation_id: int, text: str, now: datetime, company: Company) -> None:
    """A person answered with another tool (Meta's own inbox): the assistant falls silent and the conversation waits
    for a person of the desk, so that it cannot be forgotten."""
    conversation = tx.conversation(conversation_id, lock=True)
    if text:
        _add(tx, conversation, Author.NOTE, f"↗ {text}", now)
    if conversation.holder is not Holder.ASSISTANT:
        return
    team = conversation.team or company.default_team
    _open(tx, conversation, team, Priority.NORMAL, Reason.OUTSIDE_REPLY, None, now)


def claim(tx: Tx, agent: Agent, conversation_id: int, now: datetime, texts: Texts, company: Company) -> None:
    """The agent takes the conversation from the queue or from the assistant; a lead or an admin also from another
    agent. Claiming what one holds changes nothing. Raises Conflict `already_claimed`, naming the holder."""
    conversation = tx.conversation(conversation_id, lock=True)
    if conversation.agent_id == agent.id:
        return
    if conversation.agent_id is not None and agent.role not in MAY_TAKE_OVER:
        holder = tx.agent(conversation.agent_id)
        raise Conflict(f"{holder.name} already holds this conversation", code="already_claimed")
    waiting = tx.open_assignment(conversation_id)
    team = conversation.team or next(iter(agent.teams), company.default_team)
    if waiting is not None and waiting.agent_id is None:
        assignment_id, team = waiting.id, waiting.team
    else:
        assignment_id = _succeed(tx, conversation, waiting, "taken_over", team, now)
    _hand_to(tx, agent, conversation_id, assignment_id, team, now, texts)


def reply(tx: Tx, agent: Agent, conversation_id: int, text: str, now: datetime, note: bool = False) -> int:
    """The agent's answer to the customer, split where the platform's limit demands it, or a note that only agents see
    (which anybody may leave). The (last) message's id. Raises Malformed for an empty text, Conflict `not_holder`."""
    if not text.strip():
        raise Malformed("the message is empty")
    if note:
        return _add(tx, tx.conversation(conversation_id), Author.NOTE, text, now, agent_id=agent.id)
    conversation = _held(tx, agent, conversation_id)
    *first, last = split_text(text, LIMITS[conversation.channel].text)
    for part in first:
        _add(tx, conversation, Author.AGENT, part, now, agent_id=agent.id)
    return _add(tx, conversation, Author.AGENT, last, now, agent_id=agent.id)


def transfer(
    tx: Tx,
    agent: Agent,
    conversation_id: int,
    now: datetime,
    texts: Texts,
    company: Company,
    *,
    team: str | None = None,
    to_login: str | None = None,
) -> None:
    """Passes the conversation to a team's queue, or straight to another agent (`team` then only files it anew).
    Raises Malformed where neither is named, NotFound for an unknown one, Conflict `not_holder`."""
    if team is None and to_login is None:
        raise Malformed("name a team or an agent")
    if team is not None and team not in company.teams:
        raise NotFound(f"there is no team '{team}'")
    conversation = _held(tx, agent, conversation_id)
    receiver = _receiver(tx, agent, to_login) if to_login is not None else None
    new_team = team or conversation.team or company.default_team
    held = tx.open_assignment(conversation_id)
    assignment_id = _succeed(tx, conversation, held, "transferred", new_team, now)
    if receiver is not None:
        _hand_to(tx, receiver, conversation_id, assignment_id, new_team, now, texts)
        return
    tx.set_holder(conversation_id, Holder.QUEUE, team=new_team)
    conversation = tx.conversation(conversation_id)
    names = company.teams[new_team].name
    name = names.get(conversation.language) or next(iter(names.values()), new_team)
    _add(tx, conversation, Author.SYSTEM, texts.say("desk.transferred", conversation.language, team=name), now)
    _announce(tx, conversation_id, now)


def give_back(tx: Tx, agent: Agent, conversation_id: int, now: datetime, texts: Texts) -> None:
    """Returns the conversation to the assistant, which starts afresh. Raises Conflict `not_holder`."""
    conversation = _held(tx, agent, conversation_id)
    _release(tx, conversation, "returned", "desk.returned", now, texts)


def resolve(tx: Tx, agent: Agent, conversation_id: int, now: datetime, texts: Texts) -> None:
    """Ends the matter; what the customer writes next meets the assistant. Raises Conflict `not_holder`."""
    conversation = _held(tx, agent, conversation_id)
    tx.set_status(conversation_id, Status.RESOLVED)
    _release(tx, conversation, "resolved", "desk.resolved", now, texts)


def log_attempt(
    tx: Tx, agent: Agent, callback_id: int, outcome: CallOutcome, note: str, now: datetime, company: Company
) -> Callback:
    """Logs an attempt to call and settles what follows from it; the next one is not before the promised time, and
    within the team's hours. Raises NotFound; Conflict `not_waiting` where the call is over."""
    callback = tx.callback(callback_id)  # locked: one attempt at a time
    if callback.status is not CallbackStatus.WAITING:
        raise Conflict(f"this call is no longer waiting: it is {callback.status.value}", code="not_waiting")
    attempts = tx.add_attempt(callback_id, agent.id, outcome, note, now)
    status, due_at = after_attempt(outcome, attempts, now)
    if due_at is not None:
        due_at = fit_to_hours(company, callback.team, max(due_at, callback.due_at), now)
    tx.set_callback(callback_id, status, due_at)
    tx.change("callback", callback.conversation_id, {"callback_id": callback_id, "status": status.value}, now)
    tx.wake(WAKE_LIVE)
    return tx.callback(callback_id)


def first_name(agent: Agent) -> str:
    """What customers are shown of an agent's name."""
    return next(iter(agent.name.split()), agent.login)


def _held(tx: Tx, agent: Agent, conversation_id: int) -> Conversation:
    """The conversation, locked, if the agent holds it."""
    conversation = tx.conversation(conversation_id, lock=True)
    if conversation.agent_id == agent.id:
        return conversation
    if conversation.agent_id is None:
        held_by = {Holder.QUEUE: "it waits in the queue", Holder.ASSISTANT: "the assistant holds it"}
        raise Conflict(f"you do not hold this conversation: {held_by[conversation.holder]}", code="not_holder")
    holder = tx.agent(conversation.agent_id)
    raise Conflict(f"you do not hold this conversation: {holder.name} does", code="not_holder")


def _receiver(tx: Tx, agent: Agent, login: str) -> Agent:
    receiver = tx.agent_by_login(login)
    if receiver is None:
        raise NotFound(f"there is no agent '{login}'")
    if receiver.id == agent.id:
        raise Conflict("you already hold this conversation", code="already_claimed")
    return receiver


def _open(
    tx: Tx, conversation: Conversation, team: str, priority: Priority, reason: Reason, topic: str | None, now: datetime
) -> None:
    """The conversation begins to wait for a person."""
    tx.add_assignment(conversation.id, team, priority, reason, topic, now)
    tx.set_holder(conversation.id, Holder.QUEUE, team=team)
    tx.set_status(conversation.id, Status.OPEN)
    _announce(tx, conversation.id, now)


def _succeed(
    tx: Tx, conversation: Conversation, before: Assignment | None, result: str, team: str, now: datetime
) -> int:
    """Ends the assignment so far and opens its successor, as urgent as it was; the successor's id."""
    if before is None:
        return tx.add_assignment(conversation.id, team, Priority.NORMAL, Reason.TAKEN_OVER, None, now)
    tx.close_assignment(before.id, result, now)
    return tx.add_assignment(conversation.id, team, before.priority, Reason.TRANSFER, None, now)


def _hand_to(
    tx: Tx, agent: Agent, conversation_id: int, assignment_id: int, team: str, now: datetime, texts: Texts
) -> None:
    """The agent holds from here on, and the customer is told who that is."""
    tx.change_assignment(assignment_id, agent_id=agent.id, claimed_at=now)
    tx.set_holder(conversation_id, Holder.AGENT, agent_id=agent.id, team=team)
    tx.set_status(conversation_id, Status.OPEN)
    conversation = tx.conversation(conversation_id)
    text = texts.say("desk.joined", conversation.language, name=first_name(agent))
    _add(tx, conversation, Author.SYSTEM, text, now)
    _announce(tx, conversation_id, now)


def _release(tx: Tx, conversation: Conversation, result: str, key: str, now: datetime, texts: Texts) -> None:
    """Back to the assistant: the assignment ends with `result`, the customer is told with the sentence `key`."""
    held = tx.open_assignment(conversation.id)
    if held is not None:
        tx.close_assignment(held.id, result, now)
    tx.set_holder(conversation.id, Holder.ASSISTANT, team=conversation.team)  # whose it was, for the lists
    tx.forget_dialogue(conversation.id)
    _add(tx, conversation, Author.SYSTEM, texts.say(key, conversation.language), now)
    _announce(tx, conversation.id, now)


def _add(
    tx: Tx, conversation: Conversation, author: Author, text: str, now: datetime, *, agent_id: int | None = None
) -> int:
    message_id = tx.add_message(conversation, author, text, now, agent_id=agent_id)
    tx.change("message", conversation.id, {"message_id": message_id, "author": author.value}, now)
    tx.wake(WAKE_LIVE)
    if author is not Author.NOTE:
        tx.wake(WAKE_OUTBOX)
    return message_id


def _announce(tx: Tx, conversation_id: int, now: datetime) -> None:
    """Tells the consoles who holds the conversation now."""
    conversation = tx.conversation(conversation_id)
    data = {"holder": conversation.holder.value, "status": conversation.status.value}
    tx.change("conversation", conversation_id, data, now)
    tx.wake(WAKE_LIVE)
