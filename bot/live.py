"""Redis: announcements between processes and losable counters.

Nothing here is the truth. Every listener also wakes up once a second by itself, so that with Redis flushed, killed or
never there the product goes on, only later; and a counter that cannot be read allows.
One subscriber per process hands announcements to whoever listens.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PREFIX = "okienko:"
WAKE = PREFIX + "wake"
RECONNECT_SECONDS = 0.5


class RedisLive:
    """Implements `ports.Live` on Redis or Valkey."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, decode_responses=True, socket_connect_timeout=2, socket_timeout=5)
        self._listeners: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._follower: asyncio.Task[None] | None = None
        self._reachable = True

    async def start(self) -> None:
        """Begins to follow announcements."""
        self._follower = asyncio.create_task(self._follow(), name="live-follow")

    async def stop(self) -> None:
        """Stops following and disconnects."""
        if self._follower is not None:
            self._follower.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._follower
        await self._redis.aclose()

    async def wake(self, topics: Iterable[str]) -> None:
        """Announces topics to every process, this one included."""
        names = sorted(topics)
        for name in names:
            self._notify(name)  # listeners of this process need no Redis
        try:
            for name in names:
                await self._redis.publish(WAKE, name)
            self._say_reachable(True)
        except (RedisError, OSError):
            self._say_reachable(False)

    async def listen(self, topic: str, *, every: float = 1.0) -> AsyncIterator[None]:
        """Yields at once, whenever the topic is announced, and at least once in `every` seconds."""
        signal = asyncio.Event()
        self._listeners[topic].add(signal)
        try:
            while True:
                yield
                # not asyncio.wait_for: on Python 3.11 it swallows a cancellation that comes together with the signal
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(every):
                        await signal.wait()
                signal.clear()
        finally:
            self._listeners[topic].discard(signal)

    async def allow(self, key: str, limit: int, seconds: int) -> bool:
        """Counts a use of `key`; False once there were more than `limit` within `seconds` of the first."""
        name = f"{PREFIX}limit:{key}"
        try:
            count = int(await self._redis.incr(name))
            if count == 1:
                await self._redis.expire(name, seconds)
            return count <= limit
        except (RedisError, OSError):
            self._say_reachable(False)
            return True

    async def forget(self, key: str) -> None:
        """Resets a counter."""
        with contextlib.suppress(RedisError, OSError):
            await self._redis.delete(f"{PREFIX}limit:{key}")

    def _notify(self, topic: str) -> None:
        for signal in self._listeners.get(topic, ()):
            signal.set()

    async def _follow(self) -> None:
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as subscriber:
                    await subscriber.subscribe(WAKE)
                    self._say_reachable(True)
                    while True:
                        message = await subscriber.get_message(timeout=1.0)
                        if message is not None:
                            self._notify(str(message["data"]))
            except (RedisError, OSError):
                self._say_reachable(False)
                await asyncio.sleep(RECONNECT_SECONDS)

    def _say_reachable(self, reachable: bool) -> None:
        if reachable != self._reachable:
            self._reachable = reachable
            log.warning("redis is %s", "back" if reachable else "away: announcements are late until it is back")
