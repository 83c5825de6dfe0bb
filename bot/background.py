"""Parts that run for ever beside the requests: an error is logged once, with an id, and the part begins anew."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable

from bot.metrics import ERRORS

log = logging.getLogger(__name__)

#: Between a failure and the new beginning.
PAUSE_SECONDS = 1.0


async def for_ever(work: Callable[[], Awaitable[None]], name: str) -> None:
    """Runs `work` until it ends by itself or is cancelled; whenever it fails, it begins anew."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("error %s in %s; it begins anew", new_error(name), name)
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return


def new_error(where: str) -> str:
    """Counts an unexpected error; an id that finds it in the log."""
    ERRORS.labels(where).inc()
    return secrets.token_hex(4)
