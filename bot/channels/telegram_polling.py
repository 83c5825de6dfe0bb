"""Asks Telegram for updates, for ever.

The offset says "I have all before this one", so it moves only after the updates are committed: what fails on the way
comes again, and the inbox knows repeats. Once an empty answer shows that the offset was understood it is dropped,
because Telegram starts its numbers anew, at random and possibly lower, after a week without updates.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram_events import ALLOWED_UPDATES

log = logging.getLogger(__name__)

#: Waits for a number of seconds.
Pause = Callable[[float], Awaitable[None]]

POLL_SECONDS = 25  # for which Telegram holds a request open until there is an update
_LONGEST_WAIT = 30.0  # seconds between tries
_IDLE_WAIT = 0.3  # seconds, where a Bot API server does not hold an empty poll open


class Patience:
    """How long to wait after failures in a row; says once what is wrong, and once that it is over."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._failures = 0
        self._said = ""

    def failed(self, error: Exception) -> float:
        """Counts a failure; the seconds to wait. Nothing of the error's text is logged: it may quote a customer."""
        self._failures += 1
        complaint = _complaint(error)
        if complaint != self._said:
            log.error("Telegram %s: %s; trying again", self._doing, complaint)
            self._said = complaint
        if isinstance(error, RetryAfter):
            wait = error.retry_after
            return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
        return float(min(2 ** min(self._failures - 1, 10), _LONGEST_WAIT))

    def recovered(self) -> None:
        """It works (again)."""
        if self._said:
            log.info("Telegram %s: works again", self._doing)
        self._failures, self._said = 0, ""


def _complaint(error: Exception) -> str:
    match error:
        case Conflict():
            return "409 Conflict: another process fetches updates with this token; stop one of the two"
        case InvalidToken():
            return "the token is refused; check OKIENKO_TELEGRAM_TOKEN"
        case _:
            return type(error).__name__


class Poller:
    """One loop that fetches updates and hands them to `take`, which returns when they are committed."""

    def __init__(self, bot: Bot, take: Callable[[Sequence[Update]], Awaitable[None]], pause: Pause) -> None:
        self._bot = bot
        self._take = take
        self._pause = pause
        self._patience = Patience("polling")
        self._webhook_removed = False
        self._offset: int | None = None

    async def run(self) -> None:
        """Runs until it is cancelled."""
        while True:
            wait = await self._step()
            if wait:
                await self._pause(wait)

    async def _step(self) -> float:
        """One poll; the seconds to wait before the next."""
        started = asyncio.get_running_loop().time()
        try:
            if not self._webhook_removed:  # Telegram refuses polls while a webhook is set
                await self._bot.delete_webhook()
                self._webhook_removed = True
            updates = await self._bot.get_updates(
                offset=self._offset, timeout=POLL_SECONDS, allowed_updates=ALLOWED_UPDATES
            )
        except TelegramError as error:
            # after a conflict it may be a webhook that somebody has set again
            self._webhook_removed = self._webhook_removed and not isinstance(error, Conflict)
            return self._patience.failed(error)
        if updates:
            try:
                await self._take(updates)
            except Exception as error:  # noqa: BLE001 - whatever kept them from being stored, they must come again
                return self._patience.failed(error)
        self._patience.recovered()
        self._offset = updates[-1].update_id + 1 if updates else None
        quick = asyncio.get_running_loop().time() - started < _IDLE_WAIT
        return _IDLE_WAIT if quick and not updates else 0.0
