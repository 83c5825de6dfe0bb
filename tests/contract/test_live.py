"""Announcements and counters between processes, with a real Redis that may be killed."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

import bot.live
from bot.live import WAKE, RedisLive
from tests import servers

NEVER = 3600.0  # a listener that wakes up by itself only after an hour has heard an announcement if it wakes up


@contextlib.asynccontextmanager
async def process(url: str) -> AsyncIterator[RedisLive]:
    """Announcements as one process has them."""
    live = RedisLive(url)
    await live.start()
    try:
        yield live
    finally:
        await live.stop()


async def followed_by(url: str, processes: int) -> None:
    """Returns once so many processes follow announcements."""
    async with asyncio.timeout(20), Redis.from_url(url) as client:
        while (await client.pubsub_numsub(WAKE))[0][1] < processes:
            await asyncio.sleep(0.01)


async def next_of(listening: AsyncIterator[None]) -> None:
    async with asyncio.timeout(20):
        await anext(listening)


@pytest.fixture
def mortal() -> Iterator[servers.RedisServer]:
    """A Redis that the test may kill."""
    try:
        with servers.redis_server() as server:
            yield server
    except servers.Unavailable as missing:
        pytest.skip(str(missing))


async def test_listening_yields_at_once_and_then_waits(live: RedisLive) -> None:
    listening = live.listen("turns", every=NEVER)
    await next_of(listening)
    waiting = asyncio.ensure_future(anext(listening))
    await live.wake(["outbox", "live"])  # of no interest here
    assert not waiting.done()
    await live.wake(["turns"])
    async with asyncio.timeout(20):
        await waiting


async def test_a_process_hears_another(redis_url: str) -> None:
    async with process(redis_url) as one, process(redis_url) as other:
        await followed_by(redis_url, 2)
        turns, outbox = other.listen("turns", every=NEVER), other.listen("outbox", every=NEVER)
        await next_of(turns)
        await next_of(outbox)
        await one.wake(["turns", "outbox"])
        await next_of(turns)
        await next_of(outbox)


async def test_an_announcement_between_two_looks_is_not_lost(live: RedisLive) -> None:
    listening = live.listen("turns", every=NEVER)
    await next_of(listening)
    await live.wake(["turns"])  # while the listener is at work
    await next_of(listening)


async def test_every_listener_of_a_topic_hears_it(live: RedisLive) -> None:
    listeners = [live.listen("live", every=NEVER) for _ in range(3)]
    for listening in listeners:
        await next_of(listening)
    await live.wake(["live"])
    for listening in listeners:
        await next_of(listening)


async def test_a_listener_looks_by_itself_now_and_then(live: RedisLive) -> None:
    listening = live.listen("turns", every=0.01)
    for _ in range(4):
        await next_of(listening)


async def test_a_server_killed_and_started_again(mortal: servers.RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="bot.live")
    async with process(mortal.url) as one, process(mortal.url) as other:
        await followed_by(mortal.url, 2)
        far = other.listen("turns", every=NEVER)
        await next_of(far)

        mortal.kill()
        patient = other.listen("outbox", every=0.01)
        for _ in range(3):  # goes on looking by itself
            await next_of(patient)
        near = one.listen("turns", every=NEVER)
        await next_of(near)
        await one.wake(["turns"])  # raises nothing, and this process needs no Redis to hear itself
        await next_of(near)
        assert await one.allow("login:ewa", 1, 60)
        assert await one.allow("login:ewa", 1, 60)  # a counter that cannot be read allows
        await one.forget("login:ewa")

        mortal.start()
        await followed_by(mortal.url, 2)
        await one.wake(["turns"])
        await next_of(far)
    said = [record.message for record in caplog.records if record.name == "bot.live"]
    assert any("away" in message for message in said)
    assert any("back" in message for message in said)


async def test_redis_that_was_never_there(free_port: int) -> None:
    async with process(f"redis://127.0.0.1:{free_port}/0") as live:
        listening = live.listen("turns", every=NEVER)
        await next_of(listening)
        await live.wake(["turns"])
        await next_of(listening)
        assert await live.allow("key", 0, 60)


async def test_uses_are_counted_and_forgotten(live: RedisLive) -> None:
    assert [await live.allow("login:ewa", 2, 60) for _ in range(4)] == [True, True, False, False]
    assert await live.allow("login:jan", 2, 60)
    await live.forget("login:ewa")
    assert await live.allow("login:ewa", 2, 60)


async def test_counters_are_shared_and_end_by_themselves(live: RedisLive, redis_url: str) -> None:
    async with process(redis_url) as other, Redis.from_url(redis_url) as client:
        assert await live.allow("login:ewa", 1, 60)
        assert not await other.allow("login:ewa", 1, 60)
        keys = [key async for key in client.scan_iter()]
        assert len(keys) == 1
        assert 0 < await client.ttl(keys[0]) <= 60
        await client.expire(keys[0], 30)
        assert not await live.allow("login:ewa", 1, 60)
        assert 0 < await client.ttl(keys[0]) <= 30  # a later use does not make the window longer


async def test_a_server_that_hangs_holds_nobody_up(
    mortal: servers.RedisServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="bot.live")
    async with process(mortal.url) as live, Redis.from_url(mortal.url) as client:
        assert not await live.allow("key", 0, 60)
        monkeypatch.setattr(bot.live, "ANSWER_SECONDS", 0.05)
        monkeypatch.setattr(bot.live, "REST_SECONDS", NEVER)
        # the server answers nobody for a while, and hangs up on nobody
        await client.client_pause(300)
        near = live.listen("turns", every=NEVER)
        await next_of(near)
        await live.wake(["turns"])
        await next_of(near)  # before Redis has answered
        assert await live.allow("key", 0, 60)
        await client.ping()  # it answers again
        assert await live.allow("key", 0, 60)  # but is left alone
    assert [record.message for record in caplog.records] == ["redis is away: announcements are late until it is back"]
