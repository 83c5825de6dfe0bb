"""The Bot API's client: python-telegram-bot over two connection pools, silent about tokens and texts."""

import asyncio
import json
import logging
from dataclasses import dataclass
from typing import Any

from telegram import Bot
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from bot.channels.telegram_events import UNREADABLE, read_update

_SENDERS = 32  # requests at once; the outbox sends about 25 messages a second at most
_TIMEOUT = 20.0  # seconds


class QuietRequest(HTTPXRequest):
    """Requests whose answers are never logged, not even the ones that cannot be read."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer as a JSON object; TelegramError where it is none."""
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise TelegramError("Invalid server response")
        return answer


class SendingRequest(QuietRequest):
    """Sends. Of a sent message nothing but its id is kept, so that no novelty in it can trip the library: a message
    that was taken must never look like one that was not."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer, with any message in it reduced to its id."""
        answer = QuietRequest.parse_json_payload(payload)
        result = answer.get("result")
        if isinstance(result, dict) and "message_id" in result:
            nowhere = {"id": 0, "type": "private"}
            answer["result"] = {"message_id": result["message_id"], "date": 0, "chat": nowhere}
        return answer


class UpdatesRequest(QuietRequest):
    """Fetches updates. One that the library cannot read is marked, instead of failing its whole batch for ever."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer; unreadable updates in it are replaced by their id and a mark."""
        answer = QuietRequest.parse_json_payload(payload)
        result = answer.get("result")
        if isinstance(result, list):
            answer["result"] = [_readable(raw) for raw in result if isinstance(raw, dict) and "update_id" in raw]
        return answer


def _readable(raw: dict[str, Any]) -> dict[str, Any]:
    marked = UNREADABLE in read_update(raw).api_kwargs
    return {"update_id": raw["update_id"], UNREADABLE: True} if marked else raw


@dataclass(frozen=True, slots=True)
class Client:
    """The library's bot, and its connections to be closed."""

    bot: Bot
    requests: tuple[HTTPXRequest, ...]

    async def close(self) -> None:
        """Closes all connections."""
        await asyncio.gather(*(request.shutdown() for request in self.requests))


def connect(token: str, api: str) -> Client:
    """A client for the Bot API at `api` (its base address, without the token). Connects only when it is used."""
    # httpx logs each address at INFO, and an address holds the token; the library logs texts at DEBUG
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.WARNING)
    sending = SendingRequest(
        connection_pool_size=_SENDERS, read_timeout=_TIMEOUT, connect_timeout=_TIMEOUT, pool_timeout=_TIMEOUT
    )
    # the library adds the time for which a poll is held open to this read timeout
    updates = UpdatesRequest(connection_pool_size=2, read_timeout=_TIMEOUT, connect_timeout=_TIMEOUT)
    bot = Bot(
        token,
        base_url=f"{api}/bot",
        base_file_url=f"{api}/file/bot",
        request=sending,
        get_updates_request=updates,
    )
    return Client(bot, (sending, updates))
