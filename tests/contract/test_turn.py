"""A turn is one transaction: all of it or nothing, one for each message, in order, whatever fails around it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from bot.company import Company
from bot.errors import Stale
from bot.live import RedisLive
from bot.ports import Work
from bot.storage import accounts, schema
from bot.storage.database import Database, open_database
from bot.storage.tx import SqlTx
from bot.turn import commit, free_leases
from bot.types.desk import Priority, Reason, Role, TicketKind
from bot.types.effects import AddToTicket, BookCallback, Effect, OpenTicket, RequestAgent, Say, TurnResult
from bot.worker import HOST, is_gone, own_name
from handoff import lifecycle
from tests.clock import SettableClock
from tests.contract.desk_support import our_texts
from tests.contract.turn_support import LEASE_OVER, BrainFailed, GivenBrain, House, echo

AT = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
TICKET = OpenTicket("R-1", TicketKind.COMPLAINT, "Nie działa", "cards", "card_pin", AT.date())
PERSON = RequestAgent("cards", Reason.COMPLAINT, Priority.COMPLAINT, "card_pin")
ALL: tuple[Effect, ...] = (
    Say("Przykro mi."),
    TICKET,
    PERSON,
    BookCallback("T-1", "+48600700800", AT, "1234", "cards"),
    Say("Oddzwonimy."),
)


@pytest.fixture
async def house(database: Database, live: RedisLive, company: Company, clock: SettableClock) -> House:
    return House(database, live, company, clock)


def agent_takes(house: House, conversation_id: int) -> None:
    """An agent claims the conversation."""

    def claim(tx: SqlTx) -> None:
        accounts.add_agent(tx.connection, "anna", "Anna Nowak", Role.AGENT, (), "x", house.now)
        anna = tx.agent_by_login("anna")
        assert anna is not None
        lifecycle.claim(tx, anna, conversation_id, house.now, our_texts(), house.company)

    house.database.write_now(claim)


async def test_a_turn_writes_all_that_it_decided(house: House) -> None:
    conversation_id = house.says("Karta nie działa")
    result = TurnResult("complaint", ALL, events=({"event": "user"},), language="ru")
    assert await house.turns(GivenBrain(result)).run_once()

    assert house.texts() == ["Przykro mi.", "Oddzwonimy."]
    assert [row.reference for row in house.rows(schema.tickets)] == ["R-1"]
    assert [row.code for row in house.rows(schema.callbacks)] == ["1234"]
    assert [row.event for row in house.rows(schema.dialogue_events)] == [{"event": "user"}]
    assert [(row.team, row.priority) for row in house.rows(schema.assignments)] == [("cards", 1)]
    (conversation,) = house.rows(schema.conversations)
    assert (conversation.holder, conversation.language, conversation.lease) == ("queue", "ru", None)
    (turn,) = house.rows(schema.turns)
    assert (turn.outcome, turn.attempts, turn.worker) == ("complaint", 1, "w1")
    assert house.rows(schema.pending) == []
    question = house.rows(schema.messages)[0].id
    answers = house.rows(schema.messages, schema.messages.c.author == "assistant")
    assert {row.in_reply_to for row in answers} == {question}
    assert [row.state for row in house.rows(schema.deliveries)] == ["stored", "stored"]
    assert not await house.turns(GivenBrain(echo)).run_once()
    assert conversation.id == conversation_id


async def test_a_turn_that_cannot_be_written_whole_writes_nothing(house: House) -> None:
    house.says("Pierwsza", sender="jan")
    await house.turns(GivenBrain(TurnResult("complaint", (TICKET, Say("Przyjęte."))))).run_once()
    house.says("Druga")
    before = house.everything()
    # the reference is taken, and the schema refuses a second one: what stands before and after it must go with it
    await house.turns(GivenBrain(TurnResult("complaint", ALL, events=({"event": "user"},)))).run_once()
    assert house.everything() == before
    assert [row.attempts for row in house.rows(schema.pending)] == [1]


async def test_the_next_message_waits_until_the_turn_before_it_is_over(house: House) -> None:
    for text in ("jeden", "dwa", "trzy"):
        house.says(text)
    other = house.turns(GivenBrain(echo), "w2")
    beside: list[bool] = []

    async def look_around(work: Work) -> TurnResult:
        beside.append(await other.run_once())
        return await echo(work)

    turns = house.turns(GivenBrain(look_around))
    while await turns.run_once():
        pass
    assert beside == [False, False, False]
    assert house.texts() == ["echo: jeden", "echo: dwa", "echo: trzy"]


async def test_what_waits_longest_comes_first_over_all_conversations(house: House) -> None:
    for number, sender in enumerate(["ewa", "jan", "ewa", "ola"]):
        house.says(f"{number}", sender=sender)
        house.advance(1)
    turns = house.turns(GivenBrain(echo))
    while await turns.run_once():
        pass
    assert house.texts() == ["echo: 0", "echo: 1", "echo: 2", "echo: 3"]


async def test_a_lapsed_lease_writes_nothing_and_the_message_runs_again(house: House) -> None:
    house.says("Halo")
    before = house.everything()

    async def sleep_too_long(work: Work) -> TurnResult:
        house.advance(LEASE_OVER)
        return TurnResult("complaint", ALL)

    await house.turns(GivenBrain(sleep_too_long), "slow").run_once()
    assert house.everything() == before
    assert await house.turns(GivenBrain(echo), "quick").run_once()
    assert house.texts() == ["echo: Halo"]


async def test_a_worker_that_wakes_up_late_cannot_disturb_its_successor(house: House) -> None:
    house.says("Halo")
    successor = house.turns(GivenBrain(echo), "quick")

    async def overtaken(work: Work) -> TurnResult:
        house.advance(LEASE_OVER)
        assert await successor.run_once()
        return TurnResult("answer", (Say("za późno"),))

    await house.turns(GivenBrain(overtaken), "slow").run_once()
    assert house.texts() == ["echo: Halo"]
    assert [row.worker for row in house.rows(schema.turns)] == ["quick"]
    assert house.rows(schema.pending) == []


async def test_while_the_successor_works_the_late_one_does_not_give_its_lease_back(house: House) -> None:
    house.says("Halo")
    late = house.leases("slow")
    assert late is not None
    house.advance(LEASE_OVER)
    mine = house.leases("quick")
    assert mine is not None
    house.database.write_now(lambda tx: tx.postpone_turn(late, house.now))
    with pytest.raises(Stale, match="lapsed"):
        house.database.write_now(lambda tx: commit(tx, late, TurnResult("answer", (Say("za późno"),)), house.now))
    house.database.write_now(lambda tx: commit(tx, mine, TurnResult("answer", (Say("na czas"),)), house.now))
    assert house.texts() == ["na czas"]


async def test_when_the_holder_changes_during_a_turn_it_runs_again_under_the_new_one(house: House) -> None:
    conversation_id = house.says("Halo")
    seen: list[str] = []

    async def claimed_meanwhile(work: Work) -> TurnResult:
        seen.append(work.conversation.holder.value)
        if len(seen) == 1:
            agent_takes(house, conversation_id)
            return TurnResult("answer", (Say("Asystent wie lepiej."), PERSON))
        return TurnResult("silent")

    turns = house.turns(GivenBrain(claimed_meanwhile))
    await turns.run_once()
    assert house.rows(schema.turns) == []
    await turns.run_once()
    assert seen == ["assistant", "agent"]
    assert house.texts() == []
    assert [row.outcome for row in house.rows(schema.turns)] == ["silent"]


async def test_the_assistant_can_never_speak_while_a_person_holds(house: House) -> None:
    conversation_id = house.says("Halo")
    agent_takes(house, conversation_id)
    before = house.everything()
    await house.turns(GivenBrain(TurnResult("answer", (Say("Wtrącę się."),)))).run_once()
    assert house.everything() == before


async def test_a_failing_brain_is_asked_again(house: House) -> None:
    house.says("Halo")
    brain = GivenBrain(BrainFailed("first"), BrainFailed("second"), echo)
    turns = house.turns(brain)
    for _ in range(3):
        assert await turns.run_once()
        assert not await turns.run_once()  # not at once: it may be something that passes
        house.advance(10)
    assert house.texts() == ["echo: Halo"]
    assert [work.attempt for work in brain.turns] == [1, 2, 3]


async def test_a_brain_that_goes_on_failing_ends_in_the_truth_and_a_person(house: House) -> None:
    house.says("Halo")
    house.says("Jest tam ktoś?")
    brain = GivenBrain(BrainFailed("a"), BrainFailed("b"), BrainFailed("c"), echo)
    turns = house.turns(brain)
    for _ in range(3):
        await turns.run_once()
        house.advance(10)
    (apology,) = house.texts()
    assert "zawiodło po naszej stronie" in apology
    assert [row.outcome for row in house.rows(schema.turns)] == ["error"]
    assert [(row.team, row.reason) for row in house.rows(schema.assignments)] == [("service", "error")]
    assert house.rows(schema.conversations)[0].holder == "queue"
    assert await turns.run_once()  # and the next message has its own turn
    assert house.texts() == [apology, "echo: Jest tam ktoś?"]


async def test_a_message_that_kills_its_workers_is_given_up_too(house: House) -> None:
    house.says("zabójcza wiadomość")
    house.says("Halo", sender="jan")
    brain = GivenBrain(echo)
    for number in range(6):
        work = house.leases(f"w{number}")
        assert work is not None
        assert work.message.text == "zabójcza wiadomość"
        house.database.write_now(lambda tx: free_leases(tx, lambda _worker: True))
    turns = house.turns(brain)
    while await turns.run_once():
        pass
    assert [work.message.text for work in brain.turns] == ["Halo"]
    assert "zawiodło po naszej stronie" in house.texts()[0]


async def test_where_the_person_who_holds_meets_a_failing_brain_nothing_is_said(house: House) -> None:
    conversation_id = house.says("Halo")
    agent_takes(house, conversation_id)
    turns = house.turns(GivenBrain(BrainFailed("broken")))
    for _ in range(3):
        await turns.run_once()
        house.advance(10)
    assert house.texts() == []
    assert [row.outcome for row in house.rows(schema.turns)] == ["error"]
    assert house.rows(schema.conversations)[0].holder == "agent"


async def test_a_long_answer_is_split_and_the_buttons_stand_under_the_last_part(house: House) -> None:
    house.says("Opowiedz", channel="messenger", brand=None)
    text = "Zdanie jest takie sobie. " * 200
    await house.turns(GivenBrain(TurnResult("answer", (Say(text),)))).run_once()
    parts = house.texts()
    assert len(parts) > 1
    assert "".join(" ".join(parts).split()) == "".join(text.split())
    assert max(map(len, parts)) <= 2000


async def test_more_of_a_complaint_joins_its_ticket(house: House) -> None:
    house.says("Reklamacja")
    await house.turns(GivenBrain(TurnResult("complaint", (TICKET, PERSON)))).run_once()
    house.says("I jeszcze coś")
    brain = GivenBrain(TurnResult("complaint", (AddToTicket("R-1", "I jeszcze coś"), Say("Dopisane."))))
    await house.turns(brain).run_once()
    assert brain.turns[0].open_ticket is not None
    assert [row.text for row in house.rows(schema.tickets)] == ["Nie działa\n\nI jeszcze coś"]


async def test_a_fresh_session_reads_no_older_dialogue(house: House) -> None:
    brain = GivenBrain(
        TurnResult("answer", (Say("1"),), events=({"n": 1},)),
        TurnResult("answer", (Say("2"),), events=({"n": 2},)),
        TurnResult("answer", (Say("3"),), events=({"n": 3},), fresh=True),
        TurnResult("answer", (Say("4"),), events=({"n": 4},)),
    )
    turns = house.turns(brain)
    for _ in range(4):
        house.says()
        await turns.run_once()
    assert [work.events for work in brain.turns] == [(), ({"n": 1},), ({"n": 1}, {"n": 2}), ({"n": 3},)]
    assert [work.spoken_before for work in brain.turns] == [False, True, True, True]


async def test_two_workers_at_once_never_take_the_same_conversation(
    house: House, database_url: str, redis_url: str
) -> None:
    customers, each = 6, 5
    for number in range(each):
        for customer in range(customers):
            house.says(f"{customer}.{number}", sender=f"c{customer}")
    held: set[int] = set()
    clashes: list[int] = []

    async def alone(work: Work) -> TurnResult:
        if work.conversation.id in held:
            clashes.append(work.conversation.id)
        held.add(work.conversation.id)
        await asyncio.sleep(0)  # lets the others in
        held.discard(work.conversation.id)
        return await echo(work)

    second = open_database(database_url)
    houses = [house, House(second, house.live, house.company, house.clock)]
    brains = [GivenBrain(alone) for _ in houses for _ in range(2)]
    workers = [
        one.turns(brain, f"w{number}") for number, (one, brain) in enumerate(zip(houses * 2, brains, strict=True))
    ]

    async def work(run_once: Callable[[], Awaitable[bool]]) -> None:
        while len(house.rows(schema.turns)) < customers * each:
            if not await run_once():
                await asyncio.sleep(0.001)

    try:
        async with asyncio.timeout(60):
            await asyncio.gather(*(work(worker.run_once) for worker in workers))
    finally:
        second.close()
    assert clashes == []
    assert sum(len(brain.turns) for brain in brains) == customers * each  # none was even begun twice
    for customer in range(customers):
        mine = [text for text in house.texts() if text.startswith(f"echo: {customer}.")]
        assert mine == [f"echo: {customer}.{number}" for number in range(each)]


async def test_leases_of_dead_workers_are_freed_and_no_others(house: House) -> None:
    house.says("moja", sender="ewa")
    house.says("cudza", sender="jan")
    for worker in ("dead", "living"):
        house.leases(worker)
    freed, topics = house.database.write_now(lambda tx: free_leases(tx, lambda worker: worker == "dead"))
    assert (freed, topics) == (1, frozenset({"turns"}))
    turns = house.turns(GivenBrain(echo), "new")
    assert await turns.run_once()
    assert not await turns.run_once()
    assert house.texts() == ["echo: moja"]
    assert house.database.write_now(lambda tx: free_leases(tx, lambda worker: worker == "dead")) == (0, frozenset())


def test_a_worker_knows_which_workers_of_its_machine_are_gone() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert is_gone(f"{HOST}-{ended.pid}")
    assert is_gone(own_name())  # a lease in our own name, before we took any, is a predecessor's
    assert not is_gone(f"{HOST}-{os.getppid()}")
    assert not is_gone(f"elsewhere-{ended.pid}")
    assert not is_gone(f"{HOST}-1")
    assert not is_gone("w1")


def test_a_lease_fits_into_its_column() -> None:
    longest = f"{'h' * 32}-{4_194_304}:{'f' * 16}"  # the largest process id of Linux
    assert len(HOST) <= 32
    assert len(longest) <= 64


async def test_a_worker_shows_that_it_lives(house: House, clock: SettableClock) -> None:
    turns = house.turns(GivenBrain(echo), "w9")
    running = asyncio.create_task(turns.run())
    async with asyncio.timeout(30):
        while not house.rows(schema.workers):
            await asyncio.sleep(0.01)
    turns.stop()
    await running
    assert [(row.id, row.model, row.seen_at) for row in house.rows(schema.workers)] == [("w9", "given", clock.now())]


async def test_a_worker_that_is_told_to_stop_finishes_its_turn(house: House) -> None:
    house.says("Halo")
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait(work: Work) -> TurnResult:
        begun.set()
        await go_on.wait()
        return await echo(work)

    turns = house.turns(GivenBrain(wait))
    running = asyncio.create_task(turns.run())
    async with asyncio.timeout(30):
        await begun.wait()
        turns.stop()
        go_on.set()
        await running
    assert house.texts() == ["echo: Halo"]
