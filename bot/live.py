"""Redis: announcements between processes and losable counters.

Nothing here is the truth. Every listener also wakes up once a second by itself, so that with Redis flushed, killed or
never there the product goes on, only later; and a counter that cannot be read allows.
A Redis that hangs holds nobody up either: announcements leave in the background, an answer is waited for only shortly,
and after a failure Redis is left alone for some seconds.
One subscriber per process hands announcements to whoever listens.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PREFIX = "okienko:"
WAKE = PREFIX + "wake"
RECONNECT_SECONDS = 0.5
STOP_SECONDS = 0.5
#: An answer that takes longer will not come.
ANSWER_SECONDS = 1.0
#: How long Redis is left alone after a failure; then one question finds out whether it is back.
REST_SECONDS = 5.0

T = TypeVar("T")


class RedisLive:
    """Implements `ports.Live` on Redis or Valkey."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, decode_responses=True, socket_connect_timeout=2, socket_timeout=5)
        self._listeners: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._follower: asyncio.Task[None] | None = None
        self._unsaid: set[str] = set()  # topics that other processes have not been told of yet
        self._publisher: asyncio.Task[None] | None = None
        self._reachable = True
        self._rests_until = 0.0  # the loop's time

    async def start(self) -> None:
        """Begins to follow announcements."""
        self._follower = asyncio.create_task(self._follow(), name="live-follow")

    async def stop(self) -> None:
        """Says what is unsaid, stops following and disconnects."""
        if self._publisher is not None:
            await self._publisher
        if self._follower is not None:
            # again and again: on Python 3.11 a cancellation that comes together with a time-out may be swallowed
            while not self._follower.done():
                self._follower.cancel()
                await asyncio.wait({self._follower}, timeout=STOP_SECONDS)
        await self._redis.aclose()

    async def wake(self, topics: Iterable[str]) -> None:
        """Announces topics to every process, this one included."""
        names = set(topics)
        for name in names:
            self._notify(name)  # listeners of this process need no Redis
        self._unsaid |= names
        if self._publisher is None or self._publisher.done():
            self._publisher = asyncio.create_task(self._publish(), name="live-publish")

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
            if not self._listeners[topic]:  # there are topics for single conversations
                del self._listeners[topic]

    async def allow(self, key: str, limit: int, seconds: int) -> bool:
        """Counts a use of `key`; False once there were more than `limit` within `seconds` of the first."""
        name = f"{PREFIX}limit:{key}"
        # one transaction, so that no counter is ever without an end
        counting = self._redis.pipeline(transaction=True)
        counting.set(name, 0, ex=seconds, nx=True)
        counting.incr(name)
        answers: list[Any] | None = await self._ask(counting.execute)
        return answers is None or int(answers[1]) <= limit

    async def forget(self, key: str) -> None:
        """Resets a counter."""
        await self._ask(lambda: self._redis.delete(f"{PREFIX}limit:{key}"))

    async def _publish(self) -> None:
        while self._unsaid:
            telling = self._redis.pipeline(transaction=False)
            for name in sorted(self._unsaid):
                telling.publish(WAKE, name)
            self._unsaid.clear()
            await self._ask(telling.execute)

    async def _ask(self, question: Callable[[], Awaitable[T]]) -> T | None:
        """Redis's answer; None where it gives none."""
        now = asyncio.get_running_loop().time()
        if now < self._rests_until:
            return None
        if not self._reachable:
            self._rests_until = now + REST_SECONDS  # one asks, the others go on without
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await question()
        except (RedisError, OSError):
            self._rests_until = asyncio.get_running_loop().time() + REST_SECONDS
            self._say_reachable(False)
            return None
        self._say_reachable(True)
        return answer

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
        if reachable:
            self._rests_until = 0.0
        if reachable != self._reachable:
            self._reachable = reachable
            log.warning("redis is %s", "back" if reachable else "away: announcements are late until it is back")
