"""The whole product as its users meet it: `okienko serve` in a folder of its own, on a free port.

Waits are always for a condition, with a generous limit; nothing here sleeps for luck.
"""

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from tests.servers import free_port

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 90.0  # seconds; Rasa's import alone takes ten of them on a quiet machine
POLL = 0.02
ADMIN_PASSWORD = "correct horse 7"

T = TypeVar("T")


async def until(look: Callable[[], Awaitable[T | None]], what: str, patience: float = PATIENCE) -> T:
    """The first result of `look` that is neither None nor False; AssertionError names `what` never came."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = await look()
        if found is not None and found is not False:
            return found
        await asyncio.sleep(POLL)
    raise AssertionError(f"waited {patience:.0f} s in vain for {what}")


class Product:
    """`okienko serve`, started and stopped as often as a test likes, always on the same data and port.

    `{url}` in a setting stands for the product's own address.
    """

    def __init__(self, var: Path, settings: Mapping[str, str] | None = None, *, demo: bool = True) -> None:
        self.var = var
        self.port = free_port()
        self.log = var / "serve.log"
        self._demo = demo
        given = {name: value.replace("{url}", self.url) for name, value in (settings or {}).items()}
        self._settings = {"OKIENKO_VAR": str(var), "OKIENKO_ADMIN_PASSWORD": ADMIN_PASSWORD, **given}
        self._process: subprocess.Popen[bytes] | None = None
        var.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        """The product's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its processes, for commands on the same data."""
        return {k: v for k, v in os.environ.items() if not k.startswith("OKIENKO_")} | self._settings

    def start(self) -> None:
        """Starts it; returns at once."""
        demo = ["--demo"] if self._demo else []
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", "serve", *demo, "--port", str(self.port)],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    async def ready(self) -> None:
        """Waits until it answers customers."""
        await until(lambda: self._answers("/readyz"), "the service to be ready (see its log in the test's folder)")

    async def alive(self) -> None:
        """Waits until the web process answers at all."""
        await until(lambda: self._answers("/healthz"), "the web process")

    async def _answers(self, path: str) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"serve ended:\n{self.log.read_text(errors='replace')[-2000:]}"
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with aiohttp.ClientSession() as session, session.get(self.url + path) as response:
                return response.status == 200
        return False

    def parts(self, name: str) -> list[int]:
        """Process ids of the running parts `web`, `worker` or `valkey`."""
        assert self._process is not None
        found = []
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for pid in map(int, children):
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
                # Valkey adds its address to its name
                if name in words or words[0].partition(" ")[0].endswith(f"{name}-server"):
                    found.append(pid)
        return found

    def kill_part(self, name: str) -> int:
        """kill -9 of one part, which the supervisor will start again; the process id it had."""
        (pid,) = self.parts(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """What is in the embedded database at this moment."""
        address = f"file:{self.var / 'okienko.db'}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(query, values).fetchall()

    def conversation_of(self, contact: str) -> int:
        """The id of the only conversation of a contact (a widget's session, a chat's or a customer's id)."""
        (row,) = self.rows(
            "SELECT conversations.id FROM conversations JOIN contacts ON contacts.id = contact_id"
            " WHERE external_id = ?",
            contact,
        )
        return int(row["id"])

    def outcomes(self, contact: str) -> list[str]:
        """What became of a contact's messages, in order."""
        rows = self.rows(
            "SELECT outcome FROM turns JOIN messages ON messages.id = message_id"
            " JOIN conversations ON conversations.id = conversation_id JOIN contacts ON contacts.id = contact_id"
            " WHERE external_id = ? ORDER BY messages.id",
            contact,
        )
        return [row["outcome"] for row in rows]

    def change(self, query: str, *values: object) -> bool:
        """Changes the embedded database behind the product's back; False where somebody is writing just now."""
        with contextlib.closing(sqlite3.connect(self.var / "okienko.db", timeout=0.1)) as connection:
            try:
                connection.execute(query, values)
                connection.commit()
            except sqlite3.OperationalError:
                return False
        return True

    async def settled(self, messages: int = 0) -> None:
        """Waits until customers' messages, at least so many in all, have had their turns and deliveries."""

        async def look() -> bool:
            ((came, waiting, unsent),) = self.rows(
                "SELECT (SELECT count(*) FROM messages WHERE author = 'customer'), (SELECT count(*) FROM pending),"
                " (SELECT count(*) FROM deliveries WHERE state IN ('stored', 'sending'))"
            )
            return bool(came >= messages and waiting == 0 and unsent == 0)

        # a delivery that was cut off is repeated after a minute
        await until(look, f"the end of {messages} turns and of their deliveries", 2 * PATIENCE)

    def audit(self) -> dict[str, Any]:
        """What `okienko audit --json` says, with its exit status as `status`."""
        done = self.command("audit", "--json")
        assert done.stderr == "", done.stderr
        ledger: dict[str, Any] = json.loads(done.stdout)
        return ledger | {"status": done.returncode}

    def kill(self) -> None:
        """kill -9 of everything: the supervisor, and with it its children."""
        assert self._process is not None
        children = [pid for part in ("web", "worker", "valkey") for pid in self.parts(part)]
        self._process.kill()
        self._process.wait()
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process = None

    def stop(self) -> int | None:
        """Stops it as Ctrl-C does; its exit status."""
        if self._process is None or self._process.poll() is not None:
            return None if self._process is None else self._process.returncode
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def command(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Runs an `okienko` command on the same data."""
        return subprocess.run(
            [sys.executable, "-m", "bot.cli", *arguments],
            cwd=ROOT,
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


class Widget:
    """A customer at the web widget: one session.

    As the widget's own script does, it connects again when the connection breaks, asks for what it missed, and sends
    again what was not acknowledged.
    """

    def __init__(self, url: str, brand: str = "modrzew", session: str | None = None) -> None:
        self._address = f"{url}/channels/webchat/ws?brand={brand}&session={session or uuid.uuid4().hex}"
        self.messages: list[dict[str, Any]] = []
        self.acked: set[str] = set()
        self._unacked: dict[str, dict[str, str]] = {}
        self._client: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def __aenter__(self) -> "Widget":
        """Connects."""
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Goes away."""
        await self.close()

    async def connect(self) -> None:
        """Opens a socket that asks for what was missed."""
        await until(self._connects, "a connection of the widget")
        assert self._socket is not None
        with contextlib.suppress(ConnectionError):
            for frame in list(self._unacked.values()):
                await self._socket.send_json(frame)

    async def _connects(self) -> bool:
        after = self.messages[-1]["id"] if self.messages else 0
        self._client = aiohttp.ClientSession()
        try:
            self._socket = await self._client.ws_connect(f"{self._address}&after={after}")
        except (aiohttp.ClientConnectionError, OSError):
            await self._client.close()
            return False
        return True

    async def close(self) -> None:
        """Closes the socket."""
        if self._client is not None:
            await self._client.close()

    async def send(self, text: str, client_id: str | None = None, **more: str) -> str:
        """Sends a message and waits for nothing; its id."""
        client_id = client_id or str(uuid.uuid4())
        self._unacked[client_id] = {"id": client_id, "text": text, **more}
        assert self._socket is not None
        with contextlib.suppress(ConnectionError):
            await self._socket.send_json(self._unacked[client_id])
        return client_id

    async def say(self, text: str, client_id: str | None = None, **more: str) -> str:
        """Sends a message and waits for its acknowledgement; its id."""
        client_id = await self.send(text, client_id, **more)
        await self._receive(lambda: client_id in self.acked, f"the acknowledgement of {text[:40]!r}")
        return client_id

    async def hear(self, part: str, *, author: str | None = None) -> dict[str, Any]:
        """Waits for a message that contains the words (any earlier one counts too)."""

        def found() -> dict[str, Any] | None:
            return next(
                (m for m in self.messages if part in m["text"] and author in (None, m["author"])),
                None,
            )

        await self._receive(lambda: found() is not None, f"a message with {part!r}")
        message = found()
        assert message is not None
        return message

    async def hear_messages(self, count: int, *, author: str = "assistant") -> list[dict[str, Any]]:
        """Waits until there are at least so many messages of an author; all of them."""

        def theirs() -> list[dict[str, Any]]:
            return [message for message in self.messages if message["author"] == author]

        await self._receive(lambda: len(theirs()) >= count, f"message {count} of the {author}")
        return theirs()

    async def _receive(self, done: Callable[[], bool], what: str) -> None:
        assert self._socket is not None
        try:
            async with asyncio.timeout(PATIENCE):
                while not done():
                    received = await self._socket.receive()
                    if received.type is aiohttp.WSMsgType.TEXT:
                        self._take(received.json())
                    else:
                        await self.close()
                        await self.connect()
        except TimeoutError:
            raise AssertionError(f"waited in vain for {what}; heard {[m['text'] for m in self.messages]}") from None

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "message":
            self.messages.append(frame)
        elif frame["type"] == "ack":
            self.acked.add(frame["id"])
            self._unacked.pop(frame["id"], None)


class Desk:
    """An agent at the desk's API."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/api/v1"
        self._token = ""

    async def __aenter__(self) -> "Desk":
        """Logs in as the admin."""
        self._client = aiohttp.ClientSession()
        self._token = (await self.post("/login", login="admin", password=ADMIN_PASSWORD))["token"]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Goes home."""
        await self._client.close()

    @property
    def _who(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    async def get(self, path: str) -> dict[str, Any]:
        """A GET that must succeed."""
        async with self._client.get(self._url + path, headers=self._who) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == 200, answer
            return answer

    async def post(self, path: str, **body: object) -> dict[str, Any]:
        """A POST that must succeed."""
        async with self._client.post(self._url + path, json=body or None, headers=self._who) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == 200, answer
            return answer

    async def try_post(self, path: str, **body: object) -> tuple[int, dict[str, Any]]:
        """A POST that may be refused: status and answer."""
        async with self._client.post(self._url + path, json=body or None, headers=self._who) as response:
            return response.status, await response.json()

    @contextlib.asynccontextmanager
    async def feed(self, cursor: int) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """The live feed from a cursor on."""
        async with self._client.ws_connect(f"{self._url}/live?cursor={cursor}", headers=self._who) as socket:
            yield socket

    async def waiting(self, words: str) -> dict[str, Any]:
        """Waits for a conversation in the queue whose customer wrote the words."""

        async def look() -> dict[str, Any] | None:
            for row in (await self.get("/conversations?holder=queue"))["conversations"]:
                detail = await self.get(f"/conversations/{row['id']}")
                if any(words in m["text"] for m in detail["messages"] if m["author"] == "customer"):
                    return detail
            return None

        return await until(look, f"a conversation with {words!r} in the queue")
