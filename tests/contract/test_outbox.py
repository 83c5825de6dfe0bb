"""The outbox: in order within a conversation, again after a failure, never given up in silence, never back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row

from bot.company import Company
from bot.live import RedisLive
from bot.outbox import BATCH, LEASE_SECONDS, Outbox
from bot.rules import retry
from bot.storage import schema
from bot.storage.audit import reconcile
from bot.storage.database import Database
from bot.storage.outbox_rows import REPEAT_SECONDS
from bot.types.effects import Say, TurnResult
from bot.types.message import (
    UNCONFIRMED,
    Author,
    Delivered,
    DeliveryState,
    EventKind,
    InboundEvent,
    Later,
    Receipt,
    ReceiptState,
    Refused,
)
from tests.clock import SettableClock
from tests.contract.turn_support import GivenBrain, GivenChannel, House

DOWN = Later("network")


@pytest.fixture
async def house(database: Database, live: RedisLive, company: Company, clock: SettableClock) -> House:
    return House(database, live, company, clock)


@pytest.fixture
def telegram() -> GivenChannel:
    return GivenChannel("telegram")


def outbox_of(house: House, *channels: GivenChannel) -> Outbox:
    return Outbox(house.database, house.live, house.clock, {channel.name: channel for channel in channels})


async def answers(house: House, *texts: str, sender: str = "501", channel: str = "telegram") -> list[int]:
    """A customer asks and the assistant answers with these messages; their ids."""
    house.says("?", sender=sender, channel=channel, brand=None)
    await house.turns(GivenBrain(TurnResult("answer", tuple(map(Say, texts))))).run_once()
    return [row.id for row in house.rows(schema.messages, schema.messages.c.text.in_(texts))]


def delivery(house: House, message_id: int) -> Row[Any]:
    (row,) = house.rows(schema.deliveries, schema.deliveries.c.message_id == message_id)
    return row


def states(house: House) -> list[str]:
    return [row.state for row in house.rows(schema.deliveries)]


def doubts(house: House) -> list[tuple[int, ...]]:
    """What the ledger says may have arrived twice."""
    ledger = house.database.read_now(lambda tx: reconcile(tx.connection, house.now))
    assert ledger.findings == ()
    return [note.ids for note in ledger.notes if note.kind == "uncertain"]


async def drain(outbox: Outbox) -> None:
    while await outbox.deliver_once():
        pass


@asynccontextmanager
async def running(outbox: Outbox) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(outbox.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def until_settled(house: House, count: int, state: str = "sent") -> None:
    async with asyncio.timeout(30):
        while states(house).count(state) < count:
            await asyncio.sleep(0.01)


async def test_messages_of_a_conversation_arrive_in_order(house: House, telegram: GivenChannel) -> None:
    await answers(house, "jeden", "dwa", "trzy")
    await drain(outbox_of(house, telegram))
    assert telegram.tried == ["jeden", "dwa", "trzy"]
    rows = house.rows(schema.deliveries)
    assert [(row.state, row.external_id) for row in rows] == [("sent", f"telegram-{row.message_id}") for row in rows]


async def test_a_message_that_fails_holds_its_own_conversation_back_and_no_other(
    house: House, telegram: GivenChannel
) -> None:
    telegram.answers = {"jeden": [DOWN, DOWN]}
    await answers(house, "jeden", "dwa")
    await answers(house, "obok", sender="502")
    outbox = outbox_of(house, telegram)
    await drain(outbox)
    assert sorted(telegram.tried) == ["jeden", "obok"]
    for _ in range(2):
        house.advance(60)
        await drain(outbox)
    assert telegram.tried[2:] == ["jeden", "jeden", "dwa"]
    assert states(house) == ["sent"] * 3
    assert doubts(house) == []  # what surely did not arrive is no double


async def test_tries_come_at_growing_distances_until_it_is_given_up_and_the_desk_is_told(
    house: House, telegram: GivenChannel
) -> None:
    telegram.answers = {"jeden": [DOWN] * 99}
    (failing, after) = await answers(house, "jeden", "dwa")
    outbox = outbox_of(house, telegram)
    pauses: list[timedelta] = []
    while delivery(house, failing).state != "failed":
        before: datetime = house.now
        await drain(outbox)
        due = delivery(house, failing).due_at
        if delivery(house, failing).state == "stored":
            pauses.append(due - before)
            house.clock.set(due)
    assert len(pauses) == retry.DELIVERY.tries - 1
    ceiling = timedelta(seconds=retry.DELIVERY.ceiling)
    rising = [pause for pause in pauses if pause < ceiling]
    assert rising == sorted(rising)
    assert len(rising) > 5
    assert max(pauses) <= 1.5 * ceiling
    assert pauses[0] >= timedelta(seconds=1)
    assert (delivery(house, failing).reason, delivery(house, failing).attempts) == ("network", retry.DELIVERY.tries)
    told = [row.data for row in house.rows(schema.changes, schema.changes.c.type == "delivery")]
    assert {"message_id": failing, "state": "failed"} in told
    await drain(outbox)
    assert delivery(house, after).state == "sent"  # those behind it need not share its fate


async def test_what_the_platform_refuses_is_not_tried_again(house: House, telegram: GivenChannel) -> None:
    telegram.answers = {"jeden": [Refused("blocked")]}
    (refused,) = await answers(house, "jeden")
    outbox = outbox_of(house, telegram)
    await drain(outbox)
    house.advance(86_400)
    await drain(outbox)
    assert telegram.tried == ["jeden"]
    assert (delivery(house, refused).state, delivery(house, refused).reason) == ("failed", "blocked")


async def test_a_time_that_the_platform_names_is_obeyed(house: House, telegram: GivenChannel) -> None:
    telegram.answers = {"jeden": [Later("rate_limited", 3600.0)]}
    (late,) = await answers(house, "jeden")
    outbox = outbox_of(house, telegram)
    await drain(outbox)
    house.advance(3599)
    await drain(outbox)
    assert telegram.tried == ["jeden"]
    house.advance(1)
    await drain(outbox)
    assert telegram.tried == ["jeden", "jeden"]
    assert delivery(house, late).state == "sent"


async def test_waiting_at_the_platforms_wish_is_no_failure(house: House, telegram: GivenChannel) -> None:
    """After many polite waits one true failure is the first one, not the last."""
    telegram.answers = {"jeden": [*[Later("rate_limited", 1.0)] * 20, DOWN]}
    (message,) = await answers(house, "jeden")
    outbox = outbox_of(house, telegram)
    for _ in range(22):
        await drain(outbox)
        house.advance(5)
    assert delivery(house, message).state == "sent"
    assert delivery(house, message).attempts == 2


async def test_a_channel_that_is_switched_off_is_not_waited_for(house: House) -> None:
    (message,) = await answers(house, "jeden")
    await drain(outbox_of(house))
    assert (delivery(house, message).state, delivery(house, message).reason) == ("failed", "channel_off")


async def test_a_note_never_goes_out(house: House, telegram: GivenChannel) -> None:
    conversation_id = house.says("?", sender="501", channel="telegram", brand=None)
    house.database.write_now(
        lambda tx: tx.add_message(tx.conversation(conversation_id), Author.NOTE, "tajne", house.now)
    )
    await drain(outbox_of(house, telegram))
    assert telegram.tried == []
    assert states(house) == []


async def test_a_cut_off_attempt_is_repeated_after_its_lease_and_marked(house: House, telegram: GivenChannel) -> None:
    (message,) = await answers(house, "jeden")
    house.database.write_now(lambda tx: tx.lease_deliveries(house.now, LEASE_SECONDS, BATCH, ["telegram"]))
    outbox = outbox_of(house, telegram)  # the next process: the one before it was killed while it sent
    await drain(outbox)
    assert telegram.tried == []
    house.advance(LEASE_SECONDS + 1)
    await drain(outbox)
    assert telegram.tried == ["jeden"]
    assert delivery(house, message).uncertain
    assert doubts(house) == [(message,)]


async def test_an_attempt_without_an_answer_is_repeated_and_marked(house: House, telegram: GivenChannel) -> None:
    telegram.answers = {"jeden": [Later(UNCONFIRMED)]}
    (message,) = await answers(house, "jeden")
    outbox = outbox_of(house, telegram)
    await drain(outbox)
    assert doubts(house) == []  # so far it was sent once at most
    house.advance(10)
    await drain(outbox)
    assert telegram.tried == ["jeden", "jeden"]
    assert doubts(house) == [(message,)]


async def test_an_echo_of_an_attempt_without_an_answer_saves_the_repetition(house: House) -> None:
    messenger = GivenChannel("messenger")
    messenger.answers = {"jeden": [Later(UNCONFIRMED)]}
    (message,) = await answers(house, "jeden", channel="messenger")
    outbox = outbox_of(house, messenger)
    await drain(outbox)
    receives(house, Receipt(ReceiptState.SENT, message_ids=(message,)), channel="messenger")
    house.advance(3600)
    await drain(outbox)
    assert messenger.tried == ["jeden"]
    assert delivery(house, message).state == "sent"
    assert doubts(house) == []


async def test_the_widget_gets_a_cut_off_message_soon_and_it_counts_as_no_double(house: House) -> None:
    widget = GivenChannel("webchat")
    (message,) = await answers(house, "jeden", sender="s1", channel="webchat")
    house.database.write_now(lambda tx: tx.lease_deliveries(house.now, LEASE_SECONDS, BATCH, ["webchat"]))
    house.advance(REPEAT_SECONDS + 1)
    await drain(outbox_of(house, widget))
    assert delivery(house, message).state == "sent"
    assert doubts(house) == []


def receives(house: House, receipt: Receipt, channel: str = "telegram", sender: str = "501") -> None:
    assert house.receives(
        InboundEvent(
            channel=channel,
            external_id=f"r{next(house.numbers)}",
            kind=EventKind.RECEIPT,
            sender=sender,
            sent_at=house.now,
            receipt=receipt,
        )
    )


@pytest.mark.parametrize("order", [["delivered", "read"], ["read", "delivered"], ["read", "read", "sent"]])
async def test_receipts_move_a_message_forward_only(house: House, telegram: GivenChannel, order: list[str]) -> None:
    (message,) = await answers(house, "jeden")
    await drain(outbox_of(house, telegram))
    for state in order:
        receives(house, Receipt(ReceiptState(state), external_ids=(f"telegram-{message}",)))
    assert delivery(house, message).state == "read"


async def test_receipts_are_for_the_senders_own_messages(house: House, telegram: GivenChannel) -> None:
    (mine,) = await answers(house, "jeden")
    (other,) = await answers(house, "dwa", sender="502")
    await drain(outbox_of(house, telegram))
    receives(house, Receipt(ReceiptState.READ, external_ids=(f"telegram-{mine}", f"telegram-{other}")))
    receives(house, Receipt(ReceiptState.READ, up_to=house.now))
    assert (delivery(house, mine).state, delivery(house, other).state) == ("read", "sent")


async def test_a_receipt_up_to_a_moment_leaves_later_messages_alone(house: House, telegram: GivenChannel) -> None:
    (first,) = await answers(house, "jeden")
    outbox = outbox_of(house, telegram)
    await drain(outbox)
    read_at = house.now
    house.advance(60)
    (second,) = await answers(house, "dwa")
    await drain(outbox)
    receives(house, Receipt(ReceiptState.READ, up_to=read_at))
    assert (delivery(house, first).state, delivery(house, second).state) == ("read", "sent")


async def test_an_echo_that_outruns_the_answer_is_kept_and_later_receipts_count(house: House) -> None:
    messenger = GivenChannel("messenger")
    messenger.hanging = {"jeden"}
    (message,) = await answers(house, "jeden", channel="messenger")
    sending = asyncio.create_task(outbox_of(house, messenger).deliver_once())
    await messenger.wait_for(1)
    receives(house, Receipt(ReceiptState.SENT, message_ids=(message,)), channel="messenger")
    messenger.let_go()
    await sending
    row = delivery(house, message)
    assert (row.state, row.external_id) == ("sent", f"messenger-{message}")
    receives(house, Receipt(ReceiptState.READ, up_to=house.now), channel="messenger")
    assert delivery(house, message).state == DeliveryState.READ.value


async def test_a_platform_that_hangs_holds_no_other_channel_up(house: House, telegram: GivenChannel) -> None:
    telegram.hanging = {"jeden"}
    widget = GivenChannel("webchat")
    outbox = outbox_of(house, telegram, widget)
    async with running(outbox):
        await answers(house, "jeden")
        await house.live.wake(["outbox"])
        await telegram.wait_for(1)
        await answers(house, "z okienka", sender="s1", channel="webchat")
        await answers(house, "inny czat", sender="502")
        await until_settled(house, 2)
        assert telegram.tried == ["jeden", "inny czat"]
        assert states(house) == ["sending", "sent", "sent"]
        telegram.let_go()
        await until_settled(house, 3)


async def test_who_is_told_to_stop_finishes_what_is_on_its_way(house: House, telegram: GivenChannel) -> None:
    telegram.hanging = {"jeden"}
    message, _ = await answers(house, "jeden", "dwa")
    async with running(outbox_of(house, telegram)) as task:
        await telegram.wait_for(1)
        task.cancel()
        await asyncio.sleep(0)
        telegram.let_go()
        await asyncio.wait({task})
    assert delivery(house, message).state == "sent"
    assert telegram.tried == ["jeden"]  # and nothing new was begun


async def test_two_outboxes_at_once_send_each_message_once_and_in_order(house: House) -> None:
    customers, each = 5, 4
    for customer in range(customers):
        await answers(house, *(f"{customer}.{number}" for number in range(each)), sender=f"5{customer}")
    channels = [GivenChannel(), GivenChannel()]
    one, two = (outbox_of(house, channel) for channel in channels)
    async with running(one), running(two):
        await until_settled(house, customers * each)
    tried = sorted(text for channel in channels for text in channel.tried)
    assert tried == sorted(f"{customer}.{number}" for customer in range(customers) for number in range(each))
    for channel in channels:
        for customer in range(customers):
            mine = [text for text in channel.tried if text.startswith(f"{customer}.")]
            assert mine == sorted(mine)


async def test_the_outbox_keeps_a_platforms_rate(house: House, telegram: GivenChannel) -> None:
    """More than a second's worth: the rest waits, and nothing is lost or counted as a failure."""
    for customer in range(30):
        await answers(house, "halo", sender=f"6{customer:02}")
    async with running(outbox_of(house, telegram)):
        async with asyncio.timeout(60):
            while states(house).count("sent") < 30:
                await asyncio.sleep(0.01)
                house.advance(0.05)
    assert [row.attempts for row in house.rows(schema.deliveries)] == [1] * 30


async def test_delivered_needs_no_id(house: House) -> None:
    widget = GivenChannel("webchat")
    widget.answers = {"jeden": [Delivered()]}
    (message,) = await answers(house, "jeden", sender="s1", channel="webchat")
    await drain(outbox_of(house, widget))
    assert (delivery(house, message).state, delivery(house, message).external_id) == ("sent", "")
