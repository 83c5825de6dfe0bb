"""The outbox: stored messages go to their platforms, in order per conversation, each until it is settled.

A message is leased, sent, and its outcome written; a process that dies in between leaves a lease that lapses, and the
message is sent again. For Telegram and Messenger nobody can tell whether such an attempt arrived, nor one whose
connection broke before the answer: a message that is sent again after it is marked `uncertain`, and the ledger lists
it. Given up is never silent: the desk sees it and a metric counts it.
"""

import asyncio
import logging
import random
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from bot.background import new_error
from bot.metrics import DELIVERIES
from bot.ports import WAKE_LIVE, WAKE_OUTBOX, WAKE_WEBCHAT, Channel, Clock, Live, Store, Tx
from bot.rules import retry
from bot.types.message import Delivered, Delivery, DeliveryState, Later, OutboundMessage, Refused
from bot.types.platform import LIMITS

log = logging.getLogger(__name__)

LEASE_SECONDS = 60.0
BATCH = 50
#: How long a service that is stopped waits for what it is sending.
LAST_SECONDS = 4.0
#: How long a message waits for a free place within a platform's rate.
RATE_WAIT = timedelta(milliseconds=200)


class Outbox:
    """Delivers what waits, through the channels that are switched on."""

    def __init__(self, store: Store, live: Live, clock: Clock, channels: Mapping[str, Channel]) -> None:
        self._store = store
        self._live = live
        self._clock = clock
        self._channels = channels
        self._stopping = False

    async def stop(self) -> None:
        """Lets `run` end once what is being sent has been sent, at most LAST_SECONDS later."""
        self._stopping = True
        await self._live.wake([WAKE_OUTBOX])

    async def run(self) -> None:
        """Until `stop`. Each channel has a lane of its own, so that a platform that hangs holds nobody else up."""
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes():
                group.create_task(self._run_lane(lane))

    async def deliver_once(self) -> int:
        """Sends what is due, and waits for it; how many messages were tried."""
        messages = await self._lease(tuple(LIMITS), BATCH)
        await asyncio.gather(*map(self._deliver, messages))
        return len(messages)

    def _lanes(self) -> Sequence[Collection[str]]:
        """The channels, by lane. Whatever needs no network shares the first: our own widget, what is switched off."""
        far = [name for name in self._channels if name != "webchat"]
        return [[name for name in LIMITS if name not in far], *([name] for name in far)]

    async def _run_lane(self, lane: Collection[str]) -> None:
        """On every announcement, and at least once a second: each message on its own, at most BATCH at once."""
        under_way: set[asyncio.Task[None]] = set()
        try:
            async for _ in self._live.listen(WAKE_OUTBOX):
                if self._stopping:
                    return
                for task in [task for task in under_way if task.done()]:
                    under_way.discard(task)
                    task.result()  # an error of ours ends the lane; whoever runs us logs it and begins anew
                for message in await self._lease(lane, BATCH - len(under_way)):
                    under_way.add(asyncio.create_task(self._deliver(message)))
        finally:
            if under_way:  # what was sent already should be known to have been sent
                _, late = await asyncio.wait(under_way, timeout=LAST_SECONDS)
                for task in late:
                    task.cancel()

    async def _lease(self, lane: Collection[str], limit: int) -> Sequence[OutboundMessage]:
        return await self._store.write(lease, self._clock.now(), lane, limit) if limit > 0 else ()

    async def _deliver(self, message: OutboundMessage) -> None:
        delivery = await self._send(message)
        await self._store.write(self._settle, message, delivery)

    def _settle(self, tx: Tx, message: OutboundMessage, delivery: Delivery) -> None:
        # the time is taken within the transaction: it may have waited long for its turn to write, and open widgets
        # look for what was released in the last seconds
        settle(tx, message, delivery, self._clock.now(), random.random())

    async def _send(self, message: OutboundMessage) -> Delivery:
        channel = self._channels.get(message.channel)
        if channel is None:
            return Refused("channel_off")
        per_second = LIMITS[message.channel].per_second
        if not await self._live.allow(f"send:{message.channel}", max(1, int(per_second)), 1):
            return Later("rate", RATE_WAIT.total_seconds())
        try:
            return await channel.send(message)
        except Exception:  # a mistake of ours in an adapter: only this message has to wait
            log.exception("error %s: sending message %s failed", new_error("outbox"), message.id)
            return Later("error")


def lease(tx: Tx, now: datetime, channels: Collection[str], limit: int) -> Sequence[OutboundMessage]:
    """Takes due messages for LEASE_SECONDS."""
    return tx.lease_deliveries(now, LEASE_SECONDS, limit, channels)


def settle(tx: Tx, message: OutboundMessage, delivery: Delivery, now: datetime, jitter: float) -> DeliveryState:
    """Writes what became of an attempt; the state that the message is in now."""
    state = _settle(tx, message, delivery, now, jitter)
    DELIVERIES.labels(message.channel, state.value).inc()
    if state not in (DeliveryState.STORED, DeliveryState.SENDING):
        tx.change("delivery", message.conversation_id, {"message_id": message.id, "state": state.value}, now)
        tx.wake(WAKE_LIVE)
        tx.wake(WAKE_OUTBOX)  # the next message of the conversation may go
        if message.channel == "webchat":
            tx.wake(WAKE_WEBCHAT)
    return state


def _settle(tx: Tx, message: OutboundMessage, delivery: Delivery, now: datetime, jitter: float) -> DeliveryState:
    match delivery:
        case Delivered(external_id):
            return tx.settle_delivery(message.id, message.attempt, DeliveryState.SENT, now, external_id=external_id)
        case Refused(reason):
            return _give_up(tx, message, reason, now)
        case Later(reason, after):
            decision = retry.decide(retry.DELIVERY, message.attempt, reason, asked=after, jitter=jitter)
            if isinstance(decision, retry.GiveUp):
                return _give_up(tx, message, decision.reason, now)
            return tx.settle_delivery(
                message.id,
                message.attempt,
                DeliveryState.STORED,
                now,
                reason=reason,
                due_at=now + decision.after,
                counts=after is None,
            )


def _give_up(tx: Tx, message: OutboundMessage, reason: str, now: datetime) -> DeliveryState:
    state = tx.settle_delivery(message.id, message.attempt, DeliveryState.FAILED, now, reason=reason)
    if state is DeliveryState.FAILED:
        log.warning("message %s was given up: %s", message.id, reason)
    return state
