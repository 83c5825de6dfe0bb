"""The desk's verbs on real databases: who may do what, what the customer is told, what the history says."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.company import Company
from bot.errors import Conflict, Malformed, NotFound, Stale
from bot.ports import WAKE_LIVE, WAKE_OUTBOX, Tx
from bot.storage.console import assignments_of, changes_after, connection_of, messages_of
from bot.storage.database import Database
from bot.turn import commit, lease
from bot.types.conversation import Conversation, Holder, Status
from bot.types.desk import Agent, CallbackStatus, CallOutcome, Priority, Reason, Role
from bot.types.effects import BookCallback, RequestAgent, Say, TurnResult
from handoff import lifecycle
from handoff.callback import fit_to_hours
from tests.clock import SettableClock
from tests.contract.desk_support import Desk


@pytest.fixture
def desk(database: Database, company: Company, clock: SettableClock) -> Desk:
    return Desk(database, company, clock)


def conversation(desk: Desk, conversation_id: int) -> Conversation:
    return desk.read(lambda tx: tx.conversation(conversation_id))


def claim(desk: Desk, agent: Agent, conversation_id: int) -> None:
    desk.write(lambda tx: lifecycle.claim(tx, agent, conversation_id, desk.now, desk.texts, desk.company))


def said(desk: Desk, conversation_id: int) -> list[tuple[str, str]]:
    rows = desk.read(lambda tx: messages_of(connection_of(tx), conversation_id))
    return [(row.author, row.text) for row in rows]


def history(desk: Desk, conversation_id: int) -> list[tuple[str, int | None, str | None]]:
    rows = desk.read(lambda tx: assignments_of(connection_of(tx), conversation_id))
    return [(row.team, row.agent_id, row.result) for row in rows]


def refused(desk: Desk, work: Callable[[Tx], object], code: str) -> str:
    with pytest.raises(Conflict) as caught:
        desk.write(work)
    assert caught.value.code == code
    return caught.value.message


def test_from_the_assistant_to_an_agent_and_back(desk: Desk) -> None:
    anna = desk.agent("anna", Role.AGENT, "cards", name="Anna Nowak")
    ours = desk.waiting()
    waiting = conversation(desk, ours)
    assert (waiting.holder, waiting.team, waiting.status) == (Holder.QUEUE, "cards", Status.OPEN)

    claim(desk, anna, ours)
    held = conversation(desk, ours)
    assert (held.holder, held.agent_id) == (Holder.AGENT, anna.id)
    assert held.fence > waiting.fence
    desk.write(lambda tx: lifecycle.reply(tx, anna, ours, "Dzień dobry!", desk.now))
    desk.write(lambda tx: lifecycle.resolve(tx, anna, ours, desk.now, desk.texts))

    after = conversation(desk, ours)
    assert (after.holder, after.agent_id, after.status) == (Holder.ASSISTANT, None, Status.RESOLVED)
    assert after.fence > held.fence
    authors = [author for author, _ in said(desk, ours)]
    assert authors == ["customer", "assistant", "system", "agent", "system"]
    joined = said(desk, ours)[2][1]
    assert "Anna" in joined
    assert "Nowak" not in joined
    assert history(desk, ours) == [("cards", anna.id, "resolved")]


def test_what_the_assistant_decided_before_a_claim_is_void(desk: Desk) -> None:
    anna = desk.agent("anna")
    ours = desk.customer_writes("Ile kosztuje konto?")
    work = desk.write(lambda tx: lease(tx, "w1", desk.now + timedelta(seconds=1)))
    assert work is not None
    claim(desk, anna, ours)
    with pytest.raises(Stale):
        desk.write(lambda tx: commit(tx, work, TurnResult("answer", (Say("Nic."),)), desk.now))
    assert [author for author, _ in said(desk, ours)] == ["customer", "system"]


async def test_of_two_who_claim_at_once_one_is_refused(desk: Desk) -> None:
    agents = [desk.agent("anna"), desk.agent("ola")]
    ours = desk.waiting()
    results = await asyncio.gather(
        *(desk.database.write(lifecycle.claim, agent, ours, desk.now, desk.texts, desk.company) for agent in agents),
        return_exceptions=True,
    )
    failures = [result for result in results if result is not None]
    assert len(failures) == 1
    assert isinstance(failures[0], Conflict)
    assert failures[0].code == "already_claimed"
    winner = agents[results.index(None)]
    assert winner.name in failures[0].message
    assert conversation(desk, ours).agent_id == winner.id
    assert history(desk, ours) == [("cards", winner.id, None)]


def test_claiming_again_changes_nothing(desk: Desk) -> None:
    anna = desk.agent("anna")
    ours = desk.waiting()
    claim(desk, anna, ours)
    before = conversation(desk, ours), said(desk, ours)
    claim(desk, anna, ours)
    assert (conversation(desk, ours), said(desk, ours)) == before


@pytest.mark.parametrize(("role", "may"), [(Role.LEAD, True), (Role.ADMIN, True), (Role.TRAINER, False)])
def test_who_may_take_over(desk: Desk, role: Role, may: bool) -> None:
    anna, other = desk.agent("anna"), desk.agent("other", role)
    ours = desk.waiting()
    claim(desk, anna, ours)
    if not may:
        message = refused(
            desk,
            lambda tx: lifecycle.claim(tx, other, ours, desk.now, desk.texts, desk.company),
            "already_claimed",
        )
        assert anna.name in message
        return
    claim(desk, other, ours)
    assert conversation(desk, ours).agent_id == other.id
    assert history(desk, ours) == [("cards", anna.id, "taken_over"), ("cards", other.id, None)]
    refused(desk, lambda tx: lifecycle.reply(tx, anna, ours, "Jeszcze ja", desk.now), "not_holder")


def test_an_agent_may_step_in_while_the_assistant_holds(desk: Desk) -> None:
    ola = desk.agent("ola", Role.AGENT, "loans")
    ours = desk.customer_writes("Dzień dobry")
    claim(desk, ola, ours)
    assert conversation(desk, ours).agent_id == ola.id
    assert history(desk, ours) == [("loans", ola.id, None)]


def test_only_the_holder_acts_but_anybody_may_leave_a_note(desk: Desk) -> None:
    anna, ola = desk.agent("anna"), desk.agent("ola")
    ours = desk.waiting()
    verbs: list[Callable[[Tx], object]] = [
        lambda tx: lifecycle.reply(tx, ola, ours, "Halo", desk.now),
        lambda tx: lifecycle.transfer(tx, ola, ours, desk.now, desk.texts, desk.company, team="loans"),
        lambda tx: lifecycle.give_back(tx, ola, ours, desk.now, desk.texts),
        lambda tx: lifecycle.resolve(tx, ola, ours, desk.now, desk.texts),
    ]
    for verb in verbs:
        assert "queue" in refused(desk, verb, "not_holder")
    claim(desk, anna, ours)
    before = conversation(desk, ours), said(desk, ours)
    for verb in verbs:
        assert anna.name in refused(desk, verb, "not_holder")
    assert (conversation(desk, ours), said(desk, ours)) == before

    desk.write(lambda tx: lifecycle.reply(tx, ola, ours, "Zna nas od lat.", desk.now, note=True))
    assert said(desk, ours)[-1] == ("note", "Zna nas od lat.")


def test_a_note_never_leaves_the_desk(desk: Desk) -> None:
    anna = desk.agent("anna")
    ours = desk.waiting()
    _, topics = desk.database.write_now(lambda tx: lifecycle.reply(tx, anna, ours, "Uwaga", desk.now, note=True))
    assert WAKE_OUTBOX not in topics
    sent = desk.write(lambda tx: tx.lease_deliveries(desk.now + timedelta(seconds=5), 30, 100, ["webchat"]))
    assert [message.text for message in sent] == ["Już szukam."]


def test_a_transfer_to_a_team_goes_back_into_the_queue(desk: Desk) -> None:
    anna = desk.agent("anna")
    ours = desk.waiting(priority=Priority.URGENT)
    claim(desk, anna, ours)
    desk.write(lambda tx: lifecycle.transfer(tx, anna, ours, desk.now, desk.texts, desk.company, team="loans"))
    moved = conversation(desk, ours)
    assert (moved.holder, moved.team, moved.agent_id) == (Holder.QUEUE, "loans", None)
    assert history(desk, ours) == [("cards", anna.id, "transferred"), ("loans", None, None)]
    waiting = desk.read(lambda tx: tx.open_assignment(ours))
    assert waiting is not None
    assert (waiting.priority, waiting.reason) == (Priority.URGENT, Reason.TRANSFER)
    assert "Zespół kredytów" in said(desk, ours)[-1][1]
    refused(desk, lambda tx: lifecycle.reply(tx, anna, ours, "Jeszcze ja", desk.now), "not_holder")


def test_a_transfer_to_an_agent_is_theirs_at_once(desk: Desk) -> None:
    anna, ola = desk.agent("anna"), desk.agent("ola", name="Ola Wilk")
    ours = desk.waiting()
    claim(desk, anna, ours)
    desk.write(lambda tx: lifecycle.transfer(tx, anna, ours, desk.now, desk.texts, desk.company, to_login="ola"))
    assert conversation(desk, ours).agent_id == ola.id
    assert history(desk, ours) == [("cards", anna.id, "transferred"), ("cards", ola.id, None)]
    assert "Ola" in said(desk, ours)[-1][1]


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ({}, Malformed),
        ({"team": "poets"}, NotFound),
        ({"to_login": "nobody"}, NotFound),
        ({"to_login": "anna"}, Conflict),
    ],
)
def test_a_transfer_to_nowhere_is_refused(desk: Desk, target: dict[str, str], error: type[Exception]) -> None:
    anna = desk.agent("anna")
    ours = desk.waiting()
    claim(desk, anna, ours)
    before = conversation(desk, ours)
    with pytest.raises(error):
        desk.write(lambda tx: lifecycle.transfer(tx, anna, ours, desk.now, desk.texts, desk.company, **target))
    assert conversation(desk, ours) == before


def test_given_back_the_assistant_starts_afresh(desk: Desk) -> None:
    anna = desk.agent("anna")
    ours = desk.customer_writes("chcę rozmawiać z człowiekiem")
    work = desk.write(lambda tx: lease(tx, "w1", desk.now + timedelta(seconds=1)))
    assert work is not None
    result = TurnResult("handoff", events=({"event": "user"},))
    desk.write(lambda tx: commit(tx, work, result, desk.now))
    claim(desk, anna, ours)
    desk.write(lambda tx: lifecycle.give_back(tx, anna, ours, desk.now, desk.texts))
    after = conversation(desk, ours)
    assert (after.holder, after.status) == (Holder.ASSISTANT, Status.OPEN)
    assert history(desk, ours)[-1][2] == "returned"
    desk.customer_writes("jeszcze jedno")
    following = desk.write(lambda tx: lease(tx, "w1", desk.now + timedelta(seconds=5)))
    assert following is not None
    assert following.events == ()


def test_a_more_urgent_request_raises_the_place_in_the_queue(desk: Desk) -> None:
    ours = desk.waiting()

    def ask(team: str, priority: Priority) -> tuple[str, Priority]:
        request = RequestAgent(team, Reason.URGENT, priority)
        desk.write(lambda tx: lifecycle.request_agent(tx, ours, request, desk.now))
        waiting = desk.read(lambda tx: tx.open_assignment(ours))
        assert waiting is not None
        assert conversation(desk, ours).team == waiting.team
        return waiting.team, waiting.priority

    assert ask("loans", Priority.NORMAL) == ("cards", Priority.NORMAL)
    assert ask("security", Priority.URGENT) == ("security", Priority.URGENT)
    assert ask("cards", Priority.COMPLAINT) == ("security", Priority.URGENT)
    assert len(history(desk, ours)) == 1


def test_while_a_person_holds_the_assistants_request_changes_nothing(desk: Desk) -> None:
    anna = desk.agent("anna")
    ours = desk.waiting()
    claim(desk, anna, ours)
    before = conversation(desk, ours)
    request = RequestAgent("security", Reason.URGENT, Priority.URGENT)
    desk.write(lambda tx: lifecycle.request_agent(tx, ours, request, desk.now))
    assert conversation(desk, ours) == before
    assert history(desk, ours) == [("cards", anna.id, None)]


def test_an_answer_in_another_tool_silences_the_assistant(desk: Desk) -> None:
    ours = desk.customer_writes("Dzień dobry")
    desk.write(lambda tx: lifecycle.outside_reply(tx, ours, "Dzień dobry, tu Ewa", desk.now, desk.company))
    waiting = desk.read(lambda tx: tx.open_assignment(ours))
    assert waiting is not None
    assert (waiting.team, waiting.reason) == (desk.company.default_team, Reason.OUTSIDE_REPLY)
    before = conversation(desk, ours)
    assert before.holder is Holder.QUEUE
    desk.write(lambda tx: lifecycle.outside_reply(tx, ours, "Dzień dobry, tu Ewa", desk.now, desk.company))
    assert conversation(desk, ours) == before


def test_a_long_answer_is_split_within_the_platforms_limit(desk: Desk) -> None:
    anna = desk.agent("anna")
    ours = desk.customer_writes("Pytanie", channel="messenger")
    claim(desk, anna, ours)
    text = "Jedno zdanie jest tutaj. " * 150  # 3,750 characters; Messenger takes 2,000
    last = desk.write(lambda tx: lifecycle.reply(tx, anna, ours, text, desk.now))
    parts = [words for author, words in said(desk, ours) if author == "agent"]
    assert len(parts) == 2
    assert all(len(part) <= 2000 for part in parts)
    assert " ".join(parts).split() == text.split()
    rows = desk.read(lambda tx: messages_of(connection_of(tx), ours))
    assert rows[-1].id == last


def test_an_empty_answer_is_malformed(desk: Desk) -> None:
    anna = desk.agent("anna")
    ours = desk.waiting()
    claim(desk, anna, ours)
    with pytest.raises(Malformed):
        desk.write(lambda tx: lifecycle.reply(tx, anna, ours, " \n", desk.now))


def test_every_change_is_in_the_feed_and_announced(desk: Desk) -> None:
    anna = desk.agent("anna")
    ours = desk.waiting()
    start = desk.read(lambda tx: changes_after(connection_of(tx), 0, 1000))[-1].cursor
    _, topics = desk.database.write_now(lambda tx: lifecycle.claim(tx, anna, ours, desk.now, desk.texts, desk.company))
    assert {WAKE_LIVE, WAKE_OUTBOX} <= topics
    feed = desk.read(lambda tx: changes_after(connection_of(tx), start, 1000))
    assert [(row.type, row.conversation_id) for row in feed] == [("message", ours), ("conversation", ours)]
    assert feed[0].data["author"] == "system"
    assert feed[1].data == {"holder": "agent", "status": "open"}


def book(desk: Desk) -> int:
    ours = desk.customer_writes("proszę o telefon")
    call = BookCallback("C-2026-ABCDEF", "+48600700800", desk.now, "1234", "cards")
    return desk.write(lambda tx: tx.book_callback(tx.conversation(ours), call, desk.now))


def test_attempts_to_call_are_logged_until_it_is_over(desk: Desk) -> None:
    anna = desk.agent("anna")
    call = book(desk)
    promised = desk.read(lambda tx: tx.callback(call)).due_at

    def attempt(outcome: CallOutcome) -> CallbackStatus:
        after = desk.write(lambda tx: lifecycle.log_attempt(tx, anna, call, outcome, "", desk.now, desk.company))
        if after.status is CallbackStatus.WAITING:
            soonest = max(desk.now + timedelta(minutes=30), promised)
            assert after.due_at == fit_to_hours(desk.company, "cards", soonest, desk.now), "not in the night"
        return after.status

    assert attempt(CallOutcome.NO_ANSWER) is CallbackStatus.WAITING
    assert attempt(CallOutcome.BUSY) is CallbackStatus.WAITING
    assert attempt(CallOutcome.NO_ANSWER) is CallbackStatus.FAILED
    message = refused(
        desk,
        lambda tx: lifecycle.log_attempt(tx, anna, call, CallOutcome.REACHED, "", desk.now, desk.company),
        "not_waiting",
    )
    assert "failed" in message


async def test_of_two_who_log_a_call_at_once_one_is_refused(desk: Desk) -> None:
    agents = [desk.agent("anna"), desk.agent("ola")]
    call = book(desk)
    results = await asyncio.gather(
        *(
            desk.database.write(lifecycle.log_attempt, agent, call, CallOutcome.REACHED, "", desk.now, desk.company)
            for agent in agents
        ),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Callback", "Conflict"]


def test_the_desks_sentences_exist_in_all_languages(desk: Desk) -> None:
    for language in ("pl", "ru", "en"):
        assert "Anna" in desk.texts.say("desk.joined", language, name="Anna")
        assert "Cards" in desk.texts.say("desk.transferred", language, team="Cards")
        assert desk.texts.say("desk.returned", language)
        assert desk.texts.say("desk.resolved", language)
