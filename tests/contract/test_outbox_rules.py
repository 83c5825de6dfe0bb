"""Attempts whose lease has lapsed, adapters that fail, and a stop in the middle of sending."""

import asyncio
import logging
from datetime import timedelta

import pytest

from bot.company import Company
from bot.live import RedisLive
from bot.outbox import LEASE_SECONDS, Outbox, lease, settle
from bot.storage import schema
from bot.storage.database import Database
from bot.types.message import Delivered, Delivery, DeliveryState, Later, OutboundMessage, Refused
from tests.clock import SettableClock
from tests.contract.turn_support import GivenBrain, GivenChannel, House, echo

LATER = Later("network")


@pytest.fixture
async def house(database: Database, live: RedisLive, company: Company, clock: SettableClock) -> House:
    made = House(database, live, company, clock)
    database.announce_with(live)
    made.says("Ile kosztuje karta?", sender="501", channel="telegram", brand=None)
    await made.turns(GivenBrain(echo)).run_once()
    return made


def leased(house: House) -> OutboundMessage:
    (message,) = house.database.write_now(lambda tx: lease(tx, house.now, ("telegram",), 10))[0]
    return message


def ends(house: House, message: OutboundMessage, delivery: Delivery) -> DeliveryState:
    return house.database.write_now(lambda tx: settle(tx, message, delivery, house.now, 0.0))[0]


def told(house: House) -> list[str]:
    """What the desk was told of deliveries."""
    return [row.data["state"] for row in house.rows(schema.changes, schema.changes.c.type == "delivery")]


async def two_attempts(house: House) -> tuple[OutboundMessage, OutboundMessage]:
    """One whose lease has lapsed, and the one that took over."""
    first = leased(house)
    house.advance(LEASE_SECONDS + 1)
    return first, leased(house)


@pytest.mark.parametrize("late", [LATER, Refused("blocked")])
async def test_a_lapsed_attempt_ends_nothing(house: House, late: Delivery) -> None:
    first, second = await two_attempts(house)
    assert ends(house, first, late) is DeliveryState.SENDING
    assert told(house) == []
    assert ends(house, second, Delivered("t-2")) is DeliveryState.SENT
    assert ends(house, first, late) is DeliveryState.SENT
    (row,) = house.rows(schema.deliveries)
    assert (row.state, row.external_id, row.uncertain) == ("sent", "t-2", True)


async def test_a_lapsed_attempt_that_arrived_saves_the_next_try(house: House) -> None:
    first, second = await two_attempts(house)
    assert ends(house, second, LATER) is DeliveryState.STORED
    assert ends(house, first, Delivered("t-1")) is DeliveryState.SENT
    (row,) = house.rows(schema.deliveries)
    assert (row.state, row.external_id) == ("sent", "t-1")
    assert told(house) == ["sent"]


async def test_attempts_that_waited_at_the_platforms_wish_keep_their_fence(house: House) -> None:
    first, second = await two_attempts(house)
    assert ends(house, second, Later("rate_limited", 5.0)) is DeliveryState.STORED
    house.advance(5)
    third = leased(house)
    assert third.attempt == second.attempt
    assert ends(house, first, Refused("blocked")) is DeliveryState.SENDING
    assert ends(house, third, Delivered("t-3")) is DeliveryState.SENT


class Broken(Exception):
    """What an adapter with a mistake raises."""


class BrokenChannel(GivenChannel):
    """Fails once, then delivers."""

    broken = True

    async def send(self, message: OutboundMessage) -> Delivery:
        if self.broken:
            self.broken = False
            raise Broken
        return await super().send(message)


async def test_an_adapters_mistake_makes_its_message_wait_and_is_logged_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(house.database, house.live, house.clock, {"telegram": BrokenChannel()})
    with caplog.at_level(logging.ERROR, logger="bot.outbox"):
        assert await outbox.deliver_once() == 1
    (row,) = house.rows(schema.deliveries)
    assert (row.state, row.reason, row.attempts) == ("stored", "error", 1)
    assert [record.getMessage().startswith("error ") for record in caplog.records] == [True]
    house.advance(timedelta(minutes=1).total_seconds())
    assert await outbox.deliver_once() == 1
    assert [row.state for row in house.rows(schema.deliveries)] == ["sent"]


async def test_an_outbox_that_is_asked_to_stop_ends_what_it_sends_and_begins_nothing(house: House) -> None:
    telegram = GivenChannel()
    telegram.hanging = set(house.texts())
    outbox = Outbox(house.database, house.live, house.clock, {"telegram": telegram})
    running = asyncio.create_task(outbox.run())
    await telegram.wait_for(1)
    await outbox.stop()
    house.says("Halo?", sender="502", channel="telegram", brand=None)
    await house.turns(GivenBrain(echo)).run_once()
    telegram.let_go()
    async with asyncio.timeout(20):
        await running
    assert len(telegram.tried) == 1
    assert [row.state for row in house.rows(schema.deliveries)] == ["sent", "stored"]
