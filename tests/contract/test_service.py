"""Parts of the service among themselves: the supervisor, errors of the web process, a worker before its schema."""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

import bot.worker
from bot.storage.database import open_database
from bot.storage.migrate import migrate
from bot.supervisor import Part, Supervisor
from bot.web import errors
from bot.worker import until_migrated

PATIENCE = 30
#: Ends with the statuses that it is given, one a start, then runs for ever; counts its starts in a file.
PROGRAM = """
import signal, sys
starts, *statuses = sys.argv[1:]
with open(starts, "a") as file:
    file.write("x")
with open(starts) as file:
    count = len(file.read())
if count <= len(statuses):
    sys.exit(int(statuses[count - 1]))
signal.pause()
"""


def part(starts: Path, *statuses: int) -> Part:
    return Part("part", (sys.executable, "-c", PROGRAM, str(starts), *map(str, statuses)), dict(os.environ))


async def nothing() -> None:
    return None


def count(starts: Path) -> int:
    return len(starts.read_text()) if starts.exists() else 0


async def started(starts: Path, times: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while count(starts) < times:
            await asyncio.sleep(0.01)


async def test_a_part_that_is_unusable_at_its_first_start_ends_the_service(tmp_path: Path) -> None:
    async with asyncio.timeout(PATIENCE):
        assert await Supervisor([part(tmp_path / "starts", 2)], [], nothing).run() == 2
    assert count(tmp_path / "starts") == 1


async def test_a_part_that_has_run_is_started_until_it_runs_again(tmp_path: Path) -> None:
    running = asyncio.create_task(Supervisor([part(tmp_path / "starts", 1, 2, 2)], [], nothing).run())
    await started(tmp_path / "starts", 4)
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(PATIENCE):
        assert await running == 0


async def test_a_stop_while_a_part_is_being_started_ends_that_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = asyncio.create_subprocess_exec
    stopped = asyncio.Event()
    made = []

    async def slowly(*arguments: Any, **named: Any) -> asyncio.subprocess.Process:
        made.append(await start(*arguments, **named))
        os.kill(os.getpid(), signal.SIGTERM)
        await stopped.wait()
        return made[0]

    class Noticing(Supervisor):
        async def run(self) -> int:
            asyncio.get_running_loop().create_task(self._notice())
            return await super().run()

        async def _notice(self) -> None:
            await self._stop.wait()
            for _ in range(10):  # by now it has ended all parts that it knew of
                await asyncio.sleep(0)
            stopped.set()

    monkeypatch.setattr(asyncio, "create_subprocess_exec", slowly)
    async with asyncio.timeout(PATIENCE):
        assert await Noticing([part(tmp_path / "starts")], [], nothing).run() == 0
    assert [process.returncode for process in made] == [-signal.SIGTERM]


async def test_the_servers_own_errors_are_json_too() -> None:
    async def reads(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    async def goes(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/elsewhere")

    app = web.Application(client_max_size=10, middlewares=[errors])
    app.router.add_post("/read", reads)
    app.router.add_get("/go", goes)
    async with TestClient(TestServer(app)) as client:
        for method, path, status, code in (
            ("GET", "/nowhere", 404, "not_found"),
            ("GET", "/read", 405, "method_not_allowed"),
            ("POST", "/read", 413, "too_large"),
        ):
            body = b"x" * 100 if method == "POST" else None
            async with client.request(method, path, data=body) as response:
                assert (response.status, (await response.json())["error"]["code"]) == (status, code)
                assert response.headers.get("Allow") == ("POST" if status == 405 else None)
        async with client.get("/go", allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (302, "/elsewhere")


async def test_a_worker_waits_for_the_schema_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bot.worker, "SCHEMA_SECONDS", 0.01)
    url = f"sqlite:///{tmp_path / 'okienko.db'}"
    database = open_database(url)
    with caplog.at_level(logging.WARNING, logger="bot.worker"):
        waiting = asyncio.create_task(until_migrated(database))
        async with asyncio.timeout(PATIENCE):
            while not caplog.records:
                await asyncio.sleep(0.01)
            assert not waiting.done()
            await asyncio.to_thread(migrate, url)
            await waiting
    database.close()
    assert [record.message for record in caplog.records if record.name == "bot.worker"] == [
        "the database's schema is not up to date: waiting for 'okienko migrate'"
    ]
