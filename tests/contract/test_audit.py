"""`okienko audit`: a ledger that balances, and each way in which one may not."""

import argparse
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, update

from bot.commands.audit import register
from bot.company import Company
from bot.live import RedisLive
from bot.outbox import Outbox
from bot.storage import audit, schema
from bot.storage.audit import Ledger, reconcile
from bot.storage.database import Database
from bot.types.effects import TurnResult
from bot.types.message import EventKind, Later, Receipt, ReceiptState, Refused
from tests.clock import SettableClock
from tests.contract.turn_support import GivenBrain, GivenChannel, House, echo

AGO = timedelta(hours=3)


@pytest.fixture
async def house(database: Database, live: RedisLive, company: Company, clock: SettableClock) -> House:
    """Two customers of Telegram were answered twice, a while ago."""
    house = House(database, live, company, clock)
    for text in ("Dzień dobry", "Gdzie jest mój przelew?"):
        for sender in ("ewa", "jan"):
            house.says(text, sender, channel="telegram")
            house.advance(1)
            assert await house.turns(GivenBrain(echo)).run_once()
            house.advance(1)
            assert await outbox(house).deliver_once() == 1
    house.receives(house.event(kind=EventKind.UNSUPPORTED, channel="telegram", detail="poll"))
    house.advance(AGO.total_seconds())
    return house


def outbox(house: House, channel: GivenChannel | None = None) -> Outbox:
    return Outbox(house.database, house.live, house.clock, {"telegram": channel or GivenChannel()})


def ledger(house: House) -> Ledger:
    return house.database.read_now(lambda tx: reconcile(tx.connection, house.now))


def findings(house: House) -> Mapping[str, tuple[int, ...]]:
    """What was found, and where."""
    return {f"{finding.kind}: {finding.what}": finding.ids for finding in ledger(house).findings}


def ids(house: House, author: str) -> list[int]:
    return [row.id for row in house.rows(schema.messages, schema.messages.c.author == author)]


def broken(house: House, work: Callable[[Connection], Any]) -> None:
    house.database.write_now(lambda tx: work(tx.connection))


def delivery(house: House, message_id: int, **values: object) -> None:
    deliveries = schema.deliveries
    broken(house, lambda c: c.execute(update(deliveries).where(deliveries.c.message_id == message_id).values(**values)))


async def waiting(house: House, *, brain: GivenBrain | None = None) -> int:
    """A message of ours that was just put into the outbox; its id."""
    house.says("Co dalej?", "ewa", channel="telegram")
    assert await house.turns(brain or GivenBrain(echo)).run_once()
    return ids(house, "assistant")[-1]


async def test_it_balances(house: House) -> None:
    found = ledger(house)
    assert found.findings == ()
    assert found.sums == {
        "events": 5,
        "customer_messages": 4,
        "waiting_turns": 0,
        "turns": 4,
        "outgoing_messages": 4,
        "waiting_for_another_try": 0,
        "given_up": 0,
        "outgoing_sent": 4,
    }


async def test_what_is_under_way_is_in_order(house: House) -> None:
    await waiting(house)
    house.says("I jeszcze jedno", "ewa", channel="telegram")
    assert await house.turns(GivenBrain(TurnResult("silent"))).run_once()
    house.says("Halo?", "jan", channel="telegram")
    found = ledger(house)
    assert found.findings == ()
    assert (found.sums["waiting_turns"], found.sums["outgoing_stored"]) == (1, 1)


async def test_an_event_without_its_message(house: House) -> None:
    values = {"channel": "telegram", "external_id": "e-lost", "sender": "ewa", "sent_at": house.now}
    lost = schema.events.insert().values(**values, kind="text", received_at=house.now).returning(schema.events.c.id)
    event_id, _ = house.database.write_now(lambda tx: tx.connection.execute(lost).scalar_one())
    assert findings(house) == {"lost: events of customers without a message": (event_id,)}


async def test_a_message_that_nobody_will_answer(house: House) -> None:
    house.says("Halo?", channel="telegram")
    broken(house, lambda c: c.execute(delete(schema.pending)))
    assert findings(house) == {"lost: messages without a turn that wait for none": (ids(house, "customer")[-1],)}


async def test_a_turn_that_said_nothing(house: House) -> None:
    house.says("Halo?", channel="telegram")
    assert await house.turns(GivenBrain(TurnResult("answer"))).run_once()
    assert findings(house) == {"lost: turns without an answer": (ids(house, "customer")[-1],)}


async def test_an_answer_that_never_went_to_the_outbox(house: House) -> None:
    message_id = await waiting(house)
    deliveries = schema.deliveries
    broken(house, lambda c: c.execute(delete(deliveries).where(deliveries.c.message_id == message_id)))
    assert findings(house) == {"lost: messages of ours that never went to the outbox": (message_id,)}


async def test_a_message_that_would_be_answered_again(house: House) -> None:
    message = house.rows(schema.messages)[0]
    values = {"message_id": message.id, "conversation_id": message.conversation_id, "due_at": house.now}
    broken(house, lambda c: c.execute(insert(schema.pending).values(**values)))
    assert findings(house) == {"doubled: messages with a turn that wait for another": (message.id,)}


async def test_a_delivery_that_may_have_arrived_twice(house: House) -> None:
    message_id = await waiting(house)
    house.database.write_now(lambda tx: tx.lease_deliveries(house.now, 60, 5, ["telegram"]))
    house.advance(61)  # whoever sent it died
    assert await outbox(house).deliver_once() == 1
    assert findings(house) == {}, "nobody can know"
    (note,) = ledger(house).notes
    assert (note.what, note.ids) == ("deliveries that may have arrived twice", (message_id,))


async def test_turns_out_of_order(house: House) -> None:
    """The second message of a conversation was dealt with before the first."""
    turns = schema.turns
    first, _, second, _ = house.rows(turns)

    def swap(connection: Connection) -> None:
        for turn, message_id in ((first, -1), (second, first.message_id), (first, second.message_id)):
            if message_id < 0:
                connection.execute(delete(turns).where(turns.c.id == turn.id))
            elif turn is second:
                connection.execute(update(turns).where(turns.c.id == turn.id).values(message_id=message_id))
            else:
                connection.execute(insert(turns).values({**turn._mapping, "message_id": message_id}))

    broken(house, swap)
    assert findings(house) == {"reordered: turns before that of an earlier message": (second.message_id,)}


async def test_messages_out_of_order(house: House) -> None:
    """The second answer in a conversation reached the platform before the first."""
    first, other, second, _ = house.rows(schema.deliveries)
    assert first.conversation_id == second.conversation_id != other.conversation_id
    delivery(house, second.message_id, sent_at=first.sent_at - timedelta(milliseconds=5))
    assert findings(house) == {"reordered: messages sent before an earlier one": (second.message_id,)}


async def test_a_receipt_that_was_faster_than_the_answer_is_no_reordering(house: House) -> None:
    """The moment of sending is then unknown."""
    house.says("Raz", "ewa", channel="telegram")
    house.says("Dwa", "ewa", channel="telegram")
    turns = house.turns(GivenBrain(echo))
    assert [await turns.run_once(), await turns.run_once()] == [True, True]
    house.advance(5)
    assert await outbox(house).deliver_once() == 1
    house.database.write_now(lambda tx: tx.lease_deliveries(house.now, 60, 5, ["telegram"]))
    message_id = ids(house, "assistant")[-1]
    receipt = Receipt(ReceiptState.DELIVERED, message_ids=(message_id,))
    house.receives(house.event(kind=EventKind.RECEIPT, channel="telegram", receipt=receipt))
    first, second = house.rows(schema.deliveries)[-2:]
    assert (second.state, second.sent_at < first.sent_at) == ("delivered", True)
    assert findings(house) == {}


async def test_a_message_that_no_worker_takes(house: House) -> None:
    house.says("Halo?", "ewa", channel="telegram")
    house.advance(120)
    assert findings(house) == {}
    house.advance(1)
    assert findings(house) == {"stuck: messages that wait too long for their turn": (ids(house, "customer")[-1],)}


async def test_a_message_that_nobody_sends(house: House) -> None:
    first = await waiting(house)
    await waiting(house)  # waits for the first, rightly
    house.advance(120)
    assert findings(house) == {}
    house.advance(1)
    assert findings(house) == {"stuck: messages that wait too long in the outbox": (first,)}


async def test_a_message_whose_sending_never_ended(house: House) -> None:
    message_id = await waiting(house)
    house.database.write_now(lambda tx: tx.lease_deliveries(house.now, 60, 5, ["telegram"]))
    house.advance(60 + 120)
    assert findings(house) == {}
    house.advance(1)
    assert findings(house) == {"stuck: messages whose sending never ended": (message_id,)}


@pytest.mark.parametrize("sending", [False, True])
async def test_a_message_that_is_refused_for_hours(house: House, sending: bool) -> None:
    message_id = await waiting(house)
    channel = GivenChannel()
    channel.answers["echo: Co dalej?"] = [Later("network")] * 20
    for _ in range(3):
        assert await outbox(house, channel).deliver_once() == 1
        assert findings(house) == {}
        house.clock.set(house.rows(schema.deliveries)[-1].due_at)
    written = house.now - timedelta(hours=1, seconds=1)
    broken(house, lambda c: c.execute(update(schema.messages).values(created_at=written)))
    if sending:
        house.database.write_now(lambda tx: tx.lease_deliveries(house.now, 60, 5, ["telegram"]))
    assert findings(house) == {"stuck: messages that were tried in vain for too long": (message_id,)}
    assert ledger(house).sums["outgoing_sending" if sending else "outgoing_stored"] == 1


async def test_a_message_that_the_platform_asked_to_hold_back_is_not_stuck(house: House) -> None:
    """Nor are those behind it, nor the moment at which it is sent at last."""
    await waiting(house)
    channel = GivenChannel()
    channel.answers["echo: Co dalej?"] = [Later("rate_limited", AGO.total_seconds())]
    assert await outbox(house, channel).deliver_once() == 1
    await waiting(house)
    house.advance(AGO.total_seconds() - 1)
    found = ledger(house)
    assert found.findings == ()
    assert (found.sums["waiting_for_another_try"], found.sums["outgoing_stored"]) == (1, 2)
    house.advance(1)
    house.database.write_now(lambda tx: tx.lease_deliveries(house.now, 60, 5, ["telegram"]))
    assert findings(house) == {}


async def test_a_message_that_was_given_up_is_in_the_sums(house: House) -> None:
    await waiting(house)
    channel = GivenChannel()
    channel.answers["echo: Co dalej?"] = [Refused("blocked")]
    assert await outbox(house, channel).deliver_once() == 1
    house.advance(AGO.total_seconds())
    found = ledger(house)
    assert found.findings == ()
    assert found.sums["given_up"] == 1
    assert "outgoing_failed" not in found.sums


@pytest.mark.parametrize("wrong", ["recipient", "channel", "conversation_id"])
async def test_a_message_to_somebody_else(house: House, wrong: str) -> None:
    first, other = house.rows(schema.deliveries)[:2]
    values = {"recipient": "jan", "channel": "messenger", "conversation_id": other.conversation_id}
    delivery(house, first.message_id, **{wrong: values[wrong]})
    found = findings(house)
    assert found["misrouted: deliveries to another contact than the conversation's"] == (first.message_id,)


async def test_findings_name_only_the_first(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "SHOWN", 3)
    broken(house, lambda c: c.execute(update(schema.deliveries).values(uncertain=True)))
    (finding,) = ledger(house).notes
    assert (finding.count, finding.ids) == (4, tuple(ids(house, "assistant")[:3]))


def command(monkeypatch: pytest.MonkeyPatch, url: str, *words: str) -> int:
    monkeypatch.setenv("OKIENKO_DATABASE_URL", url)
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    arguments = parser.parse_args(["audit", *words])
    return int(arguments.run(arguments))


async def test_the_command(
    house: House, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, database_url) == 0
    balanced = capsys.readouterr().out
    assert balanced.endswith("the ledger balances: nothing lost, doubled, reordered, stuck or misrouted\n")
    assert "given up                       0\n" in balanced
    assert command(monkeypatch, database_url, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["balanced"], told["findings"], told["sums"]["turns"]) == (True, [], 4)

    message_id = ids(house, "assistant")[0]
    delivery(house, message_id, uncertain=True)
    assert command(monkeypatch, database_url) == 0
    said = capsys.readouterr().out
    assert said.endswith(f"uncertain: 1 deliveries that may have arrived twice: {message_id}\n")
    delivery(house, message_id, recipient="jan")
    assert command(monkeypatch, database_url) == 1
    assert (
        f"misrouted: 1 deliveries to another contact than the conversation's: {message_id}\n" in capsys.readouterr().out
    )
    assert command(monkeypatch, database_url, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["balanced"]
    assert [finding["ids"] for finding in told["findings"]] == [[message_id]]
