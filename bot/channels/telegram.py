"""The Telegram channel: updates by polling or by webhook, and messages out.

Whichever way an update comes, it goes the same way on: translated, received (committed), and only then confirmed, by
200 or by the next poll's offset. The press of a button is answered after that, or the customer would see it spin.
"""

import asyncio
import logging
import re
from collections.abc import Coroutine, Mapping, Sequence

from aiohttp import web
from telegram import Update
from telegram.error import TelegramError

from bot.channels.telegram_api import connect
from bot.channels.telegram_events import ALLOWED_UPDATES, CHANNEL, read_update, translate
from bot.channels.telegram_polling import Patience, Pause, Poller
from bot.channels.telegram_sending import after_error, markup
from bot.channels.wire import deep_links, read_body, read_object, refusal, same_secret
from bot.company import Brand
from bot.errors import UserMistake
from bot.ports import Clock
from bot.settings import Settings
from bot.types.message import Author, Delivered, Delivery, OutboundMessage, Refused
from bot.webcontext import Receive

log = logging.getLogger(__name__)

WEBHOOK_PATH = "/channels/telegram/webhook"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


class TelegramChannel:
    """Implements `ports.Channel` for one bot.

    Updates flow between `start()` and `stop()` in mode polling, and through `routes()` in mode webhook, where `start()`
    tells Telegram the address if the installation's public one is known.
    """

    name: str = CHANNEL

    def __init__(
        self,
        settings: Settings,
        brands: Mapping[str, Brand],
        clock: Clock,
        receive: Receive,
        *,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """`pause` waits between tries. Raises UserMistake for a token that is none."""
        token = settings.telegram_token.get_secret_value()
        if not re.fullmatch(r"\d+:\S+", token):
            raise UserMistake("bad value for OKIENKO_TELEGRAM_TOKEN: a bot's token looks like 123456:ABC-DEF")
        self._bot_id = token.partition(":")[0]
        self._webhook = settings.telegram_mode == "webhook"
        self._secret = settings.telegram_secret.get_secret_value()
        self._public_url = settings.public_url
        self._links = deep_links(brands)
        self._clock = clock
        self._receive = receive
        self._pause = pause
        self._client = connect(token, settings.telegram_api)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begins to fetch updates, or to announce the webhook; needs no network at once."""
        if not self._webhook:
            self._spawn(Poller(self._client.bot, self._take, self._pause).run())
        elif self._public_url:
            self._spawn(self._announce())
        else:
            log.info("OKIENKO_PUBLIC_URL is not set: Telegram must be told the webhook's address by hand")

    async def stop(self) -> None:
        """Ends what `start` began and closes the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.close()

    def routes(self) -> list[web.RouteDef]:
        """The webhook, where updates come that way."""
        return [web.post(WEBHOOK_PATH, self._on_webhook)] if self._webhook else []

    async def send(self, message: OutboundMessage) -> Delivery:
        """Sends one message; never raises for what Telegram or the network does."""
        if message.author is Author.NOTE:
            return Refused("note_is_internal")
        try:
            sent = await self._client.bot.send_message(
                chat_id=message.reply_context.get("chat_id") or message.recipient,
                text=message.text,
                reply_markup=markup(message),
                business_connection_id=message.reply_context.get("business_connection_id"),
            )
        except TelegramError as error:
            return after_error(error)
        return Delivered(str(sent.message_id))

    async def _on_webhook(self, request: web.Request) -> web.Response:
        if not same_secret(request.headers.get(SECRET_HEADER, ""), self._secret):
            return refusal(403, "forbidden", "the secret token is missing or wrong")
        body = await read_body(request)
        if body is None:
            return refusal(413, "too_large", "the body is larger than 1 MiB")
        raw = read_object(body)
        if raw is None or type(raw.get("update_id")) is not int:
            return refusal(400, "malformed", "the body is not an update: a JSON object with an update_id")
        await self._take([read_update(raw)])
        return web.Response(text="ok")

    async def _take(self, updates: Sequence[Update]) -> None:
        """Receives the updates' events in one go, then answers the presses among them."""
        now = self._clock.now()
        await self._receive([event for one in updates for event in translate(one, self._bot_id, self._links, now)])
        for update in updates:
            if update.callback_query is not None:
                self._spawn(self._answer_press(update.callback_query.id))

    async def _answer_press(self, query_id: str) -> None:
        try:
            await self._client.bot.answer_callback_query(query_id)
        except TelegramError as error:  # too old, or a network error: the button spins a while, no more
            log.debug("a press could not be answered: %s", type(error).__name__)

    async def _announce(self) -> None:
        """Tells Telegram the webhook's address, until it takes it."""
        patience = Patience("webhook")
        while True:
            try:
                await self._client.bot.set_webhook(
                    self._public_url + WEBHOOK_PATH, secret_token=self._secret, allowed_updates=ALLOWED_UPDATES
                )
                return patience.recovered()
            except TelegramError as error:
                wait = patience.failed(error)
            await self._pause(wait)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
