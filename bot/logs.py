"""Logs: one line a record, on stderr, with no personal data (messages are named by their ids)."""

import logging

from bot.settings import Settings

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
#: These print addresses with tokens, or every request.
NOISY = ("httpx", "httpcore", "telegram", "alembic", "aiohttp.access", "asyncio")


def set_up_logs(settings: Settings) -> None:
    """Sets up the process's logging."""
    logging.basicConfig(level=settings.log_level.upper(), format=FORMAT, force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
