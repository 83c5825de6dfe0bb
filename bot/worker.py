"""The worker process: turns, with Rasa.

It takes the promoted model and watches the registry: a newly promoted model is loaded beside the old one and takes
over between two turns, so that no message waits for it; one that does not load is refused, and the old one goes on.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from pathlib import Path

from bot.clock import SystemClock
from bot.company import Company, load_company
from bot.content import Catalogue, Faq, load_anger, load_faq, load_texts
from bot.errors import UserMistake
from bot.live import RedisLive
from bot.nlu.quiet import quiet
from bot.nlu.registry import Registry
from bot.ports import Brain
from bot.settings import Settings
from bot.storage.database import Database, open_database
from bot.storage.migrate import is_current
from bot.turn import Turns, free_leases

log = logging.getLogger(__name__)

WATCH_SECONDS = 2.0
#: How often a worker that waits for the schema looks.
SCHEMA_SECONDS = 1.0
WARM_UP = "Gdzie jest mój przelew? Где мой перевод? Where is my transfer?"

HOST = socket.gethostname()[:32]


def own_name() -> str:
    """This worker's name; with a lease's random end it fits into the lease's column."""
    return f"{HOST}-{os.getpid()}"


def is_gone(worker: str) -> bool:
    """Whether a worker of this machine has died. Of others nobody here can tell; their leases lapse.

    A mistake (machines with one name) only makes the turn run again: a commit needs its own lease.
    """
    host, _, number = worker.rpartition("-")
    if host != HOST or not number.isdigit():
        return False
    if int(number) == os.getpid():
        return True  # it had our number before us, in a container of the same name
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


class Worker:
    """One worker: the company's words, a brain, and turns."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._home = settings.home
        self._company: Company = load_company(self._home / "okienko.yml")
        self._texts: Catalogue = load_texts(self._home / "data" / "texts")
        self._faq: Faq = load_faq(self._home / "data" / "faq", self._company)
        self._anger = load_anger(self._home / "data" / "anger.yml")
        self._registry = Registry(self._home / "models")
        self._refused: Path | None = None

    def archive(self) -> Path:
        """The promoted model's; `UserMistake` where there is none."""
        archive = self._registry.current()
        if archive is None:
            raise UserMistake(f"there is no model in {self._home / 'models'}: run 'okienko train' first")
        return archive

    async def run(self) -> None:
        """Runs turns until SIGTERM or SIGINT; the turn under way is finished."""
        database = open_database(self._settings.effective_database_url())
        live = RedisLive(self._settings.redis_url)
        database.announce_with(live)
        await until_migrated(database)
        await live.start()
        name = own_name()
        freed = await database.write(free_leases, is_gone)
        if freed:
            log.info("%s turns of a worker that died are run again", freed)
        brain = await self._brain(self.archive())
        turns = Turns(database, live, SystemClock(), brain, self._company, self._texts, name)
        running = asyncio.create_task(turns.run(), name="turns")
        watching = asyncio.create_task(self._watch(turns), name="model-watch")
        stop = asyncio.Event()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
        stopping = asyncio.create_task(stop.wait(), name="stop")
        log.info("worker %s answers with %s", name, brain.model)
        done, _ = await asyncio.wait({running, watching, stopping}, return_when=asyncio.FIRST_COMPLETED)
        turns.stop()
        if stopping in done:
            await running
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        await live.stop()
        database.close()
        for task in done - {stopping}:
            task.result()  # what ended by itself ended by an error: the process ends with it and is started anew

    async def _brain(self, archive: Path) -> Brain:
        brain = await asyncio.to_thread(self._load, archive)
        await brain.understand(WARM_UP)  # the first message pays for what is made on first use
        return brain

    def _load(self, archive: Path) -> Brain:
        """Loads an archive; `UserMistake` if that cannot be."""
        with quiet():
            from bot.dialogue.brain import RasaBrain

            return RasaBrain(archive, self._company, self._texts, self._faq, self._anger)

    async def _watch(self, turns: Turns) -> None:
        current = self._registry.current()
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                promoted = self._registry.current()
            except UserMistake as mistake:
                log.warning("the registry names no usable model, the old one goes on: %s", mistake)
                continue
            if promoted in (None, current, self._refused):
                continue
            try:
                turns.change_brain(await self._brain(promoted))
                current = promoted
                log.info("model %s took over", promoted.name)
            except UserMistake as mistake:
                self._refused = promoted
                log.warning("refused, and the old model goes on: %s", mistake)


async def until_migrated(database: Database) -> None:
    """Returns once the schema is up to date: workers may be started before, or together with, `okienko migrate`."""
    waiting = False
    while not await database.read(lambda tx: is_current(tx.connection)):
        if not waiting:
            log.warning("the database's schema is not up to date: waiting for 'okienko migrate'")
            waiting = True
        await asyncio.sleep(SCHEMA_SECONDS)


def run_worker(settings: Settings) -> None:
    """Runs one worker in this process."""
    asyncio.run(Worker(settings).run())
