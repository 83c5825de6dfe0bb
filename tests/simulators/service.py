"""Stands for the service behind an adapter: an inbox that keeps what it receives, and a server for the routes."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from bot.types.message import InboundEvent
from tests.simulators.platform import PATIENCE


class StorageAway(Exception):
    """What a failing inbox raises."""


class RecordingInbox:
    """Implements `Receive` in memory. Like the true one it knows repeats by (channel, external id)."""

    def __init__(self) -> None:
        self.batches: list[list[InboundEvent]] = []  # as they came, repeats included
        self.events: list[InboundEvent] = []  # new ones only
        self.failures = 0  # how many of the next calls fail
        self.failed = 0
        self._changed = asyncio.Condition()

    async def receive(self, events: Sequence[InboundEvent]) -> None:
        """Keeps the events, or fails as planned."""
        async with self._changed:
            if self.failures:
                self.failures -= 1
                self.failed += 1
                raise StorageAway
            self.batches.append(list(events))
            known = {event.external_id for event in self.events}
            self.events += [event for event in events if event.external_id not in known]
            self._changed.notify_all()

    async def wait_for(self, count: int) -> list[InboundEvent]:
        """The events, once there are at least `count`."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: len(self.events) >= count)
        return self.events


@asynccontextmanager
async def serving(routes: Iterable[web.RouteDef]) -> AsyncIterator[str]:
    """A server with the routes; its address. It takes any size: limits are the adapter's own."""
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
