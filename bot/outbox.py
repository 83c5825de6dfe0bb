"""The outbox: stored messages go to their platforms, in order per conversation, each until it is settled.

A message is leased, sent, and its outcome written; a process that dies in between leaves a lease that lapses, and the
message is sent again. For Telegram and Messenger nobody can tell whether the cut-off attempt arrived: such a message is
marked `uncertain`, and the ledger lists it. Given up is never silent: the desk sees it and a metric counts it.
"""

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.metrics import DELIVERIES
from bot.ports import WAKE_LIVE, WAKE_OUTBOX, WAKE_WEBCHAT, Channel, Clock, Live, Store, Tx
from bot.rules import retry
from bot.types.message import Delivered, Delivery, DeliveryState, Later, OutboundMessage, Refused
from bot.types.platform import LIMITS

log = logging.getLogger(__name__)

LEASE_SECONDS = 60.0
BATCH = 50
#: How long a message waits for a free place within a platform's rate.
RATE_WAIT = timedelta(milliseconds=200)


class Outbox:
    """Delivers what waits, through the channels that are switched on."""

    def __init__(self, store: Store, live: Live, clock: Clock, channels: Mapping[str, Channel]) -> None:
        self._store = store
        self._live = live
        self._clock = clock
        self._channels = channels

    async def run(self) -> None:
        """For ever: on every announcement, and at least once a second."""
        async for _ in self._live.listen(WAKE_OUTBOX):
            while await self.deliver_once():
                pass

    async def deliver_once(self) -> int:
        """Sends what is due; how many messages were tried."""
        now = self._clock.now()
        messages = await self._store.write(lease, now)
        if messages:
            await asyncio.gather(*(self._deliver(message) for message in messages))
        return len(messages)

    async def _deliver(self, message: OutboundMessage) -> None:
        delivery = await self._send(message)
        await self._store.write(settle, message, delivery, self._clock.now(), random.random())

    async def _send(self, message: OutboundMessage) -> Delivery:
        channel = self._channels.get(message.channel)
        if channel is None:
            return Refused("channel_off")
        per_second = LIMITS[message.channel].per_second
        if not await self._live.allow(f"send:{message.channel}", max(1, int(per_second)), 1):
            return Later("rate", RATE_WAIT.total_seconds())
        return await channel.send(message)


def lease(tx: Tx, now: datetime) -> Sequence[OutboundMessage]:
    """Takes due messages for LEASE_SECONDS."""
    return tx.lease_deliveries(now, LEASE_SECONDS, BATCH)


def settle(tx: Tx, message: OutboundMessage, delivery: Delivery, now: datetime, jitter: float) -> DeliveryState:
    """Writes what became of an attempt."""
    state = _settle(tx, message, delivery, now, jitter)
    DELIVERIES.labels(message.channel, state.value).inc()
    if state is not DeliveryState.STORED:
        tx.change("delivery", message.conversation_id, {"message_id": message.id, "state": state.value}, now)
        tx.wake(WAKE_LIVE)
        tx.wake(WAKE_OUTBOX)  # the next message of the conversation may go
        if message.channel == "webchat":
            tx.wake(WAKE_WEBCHAT)
    return state


def _settle(tx: Tx, message: OutboundMessage, delivery: Delivery, now: datetime, jitter: float) -> DeliveryState:
    match delivery:
        case Delivered(external_id):
            tx.settle_delivery(message.id, DeliveryState.SENT, now, external_id=external_id)
            return DeliveryState.SENT
        case Refused(reason):
            return _give_up(tx, message, reason, now)
        case Later(reason, after):
            decision = retry.decide(retry.DELIVERY, message.attempt, reason, asked=after, jitter=jitter)
            if isinstance(decision, retry.GiveUp):
                return _give_up(tx, message, decision.reason, now)
            tx.settle_delivery(message.id, DeliveryState.STORED, now, reason=reason, due_at=now + decision.after)
            return DeliveryState.STORED


def _give_up(tx: Tx, message: OutboundMessage, reason: str, now: datetime) -> DeliveryState:
    log.warning("message %s was given up: %s", message.id, reason)
    tx.settle_delivery(message.id, DeliveryState.FAILED, now, reason=reason)
    return DeliveryState.FAILED
