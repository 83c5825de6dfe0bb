"""The web process: webhooks, polling, the widget, the console, and the outbox.

It never imports Rasa or TensorFlow, so it is up in a second and stays responsive while a model trains.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.background import for_ever, new_error
from bot.channels.webchat import Webchat, WebchatChannel
from bot.clock import SystemClock
from bot.company import load_company
from bot.content import load_anger, load_faq, load_texts
from bot.demo import add_demo_pages
from bot.errors import OkienkoError
from bot.inbox import Inbox
from bot.live import RedisLive
from bot.outbox import LAST_SECONDS, Outbox
from bot.ports import Channel
from bot.settings import Settings
from bot.storage import health
from bot.storage.database import Database, make_engine
from bot.webcontext import WebContext
from handoff.console.http import HTTP_CODES
from handoff.console.routes import add_routes as add_console

log = logging.getLogger(__name__)

BODY_BYTES = 1 << 20
#: A worker that was not seen for so long is gone.
WORKER_GONE = timedelta(seconds=15)
#: How often a shut gate looks at the database.
GATE_SECONDS = 0.2


def build_app(settings: Settings, database: Database, live: RedisLive, *, demo: bool) -> web.Application:
    """The whole web process as one application; background parts run while it runs."""
    company = load_company(settings.home / "okienko.yml")
    load_anger(settings.home / "data" / "anger.yml")  # the workers' own, checked here so that a mistake is told at once
    clock = SystemClock()
    context = WebContext(
        settings=settings,
        company=company,
        store=database,
        live=live,
        clock=clock,
        texts=load_texts(settings.home / "data" / "texts"),
        knowledge=load_faq(settings.home / "data" / "faq", company),
        receive=Inbox(database, company, clock).receive,
        demo=demo,
    )
    gate = Gate(database)
    app = web.Application(client_max_size=BODY_BYTES, middlewares=[errors, gate.middleware])
    _add_health(app, context, database)
    # the outbox is stopped after the channels' doors are shut and before the channels themselves are
    app.cleanup_ctx.append(_running(live.start, live.stop))
    channels = _add_channels(app, context)
    outbox = Outbox(database, live, clock, channels)
    app.cleanup_ctx.append(_delivering(gate.then(outbox.run), outbox.stop))
    Webchat(context).add_routes(app)
    add_console(app, context)
    add_demo_pages(app, context)
    return app


def _add_channels(app: web.Application, context: WebContext) -> dict[str, Channel]:
    """The channels that are switched on, with their routes."""
    settings = context.settings
    channels: dict[str, Channel] = {"webchat": WebchatChannel()}
    if settings.telegram_on:
        from bot.channels.telegram import TelegramChannel  # a channel that is off costs no time at the start

        telegram = TelegramChannel(settings, context.company.brands, context.clock, context.receive)
        app.add_routes(telegram.routes())
        app.cleanup_ctx.append(_running(telegram.start, telegram.stop))
        channels["telegram"] = telegram
    if settings.messenger_on:
        from bot.channels.messenger import MessengerChannel

        messenger = MessengerChannel(settings, context.company.brands, context.clock, context.receive)
        app.add_routes(messenger.routes())
        app.cleanup_ctx.append(_running(messenger.start, messenger.stop))
        channels["messenger"] = messenger
    return channels


class Gate:
    """Holds everything but the health checks back until the database is there with an up-to-date schema.

    The process can be asked how it is from its first moment on, also while somebody else still migrates.
    """

    OPEN_PATHS = ("/healthz", "/readyz", "/metrics")

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open = False

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """503 while it is shut."""
        if self._open or request.path in self.OPEN_PATHS or await self._look():
            return await handler(request)
        response = _error(503, "starting", "the service is starting; try again in a moment")
        response.headers["Retry-After"] = "1"
        return response

    def then(self, work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """The work, begun once the gate is open."""

        async def run() -> None:
            while not await self._look():  # noqa: ASYNC110 - somebody else's migration sets no event of ours
                await asyncio.sleep(GATE_SECONDS)
            await work()

        return run

    async def _look(self) -> bool:
        if not self._open:
            self._open = not {"database", "schema"} & set(await _missing(self._database, datetime.now(UTC)))
        return self._open


def _running(
    start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]]
) -> Callable[[web.Application], AsyncIterator[None]]:
    async def run(_app: web.Application) -> AsyncIterator[None]:
        await start()
        yield
        await stop()

    return run


def _delivering(
    work: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]]
) -> Callable[[web.Application], AsyncIterator[None]]:
    """The outbox. It is asked to stop, so that what it sends at that moment is not cut off."""

    async def run(_app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(for_ever(work, "outbox"), name="outbox")
        yield
        await stop()
        await asyncio.wait({task}, timeout=LAST_SECONDS + 1.0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    return run


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors as JSON; an unexpected one is logged once, with the id that the caller is told."""
    try:
        return await handler(request)
    except OkienkoError as error:
        return _error(error.status, error.code, error.message)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = _error(error.status, HTTP_CODES.get(error.status, "http_error"), error.reason)
        ours = {hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH}
        response.headers.update({name: value for name, value in error.headers.items() if name not in ours})
        return response
    except Exception:
        error_id = new_error("web")
        log.exception("error %s at %s", error_id, request.rel_url.path)
        return _error(500, "internal", f"something failed on our side (error {error_id})")


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)


def _add_health(app: web.Application, context: WebContext, database: Database) -> None:
    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_request: web.Request) -> web.Response:
        missing = await _missing(database, context.clock.now())
        if missing:
            return web.json_response({"status": "not ready", "missing": missing}, status=503)
        return web.json_response({"status": "ready"})

    async def metrics(_request: web.Request) -> web.Response:
        try:
            await database.read(lambda tx: health.measure(tx.connection, context.clock.now() - WORKER_GONE))
        except health.DATABASE_ERRORS:
            health.unknown()
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)


async def _missing(database: Database, now: datetime) -> list[str]:
    try:
        return await database.read(lambda tx: health.missing(tx.connection, now - WORKER_GONE))
    except health.DATABASE_ERRORS:
        return ["database"]


def run_web(settings: Settings, host: str, port: int, *, demo: bool) -> None:
    """Serves until it is told to stop."""
    database = Database(make_engine(settings.effective_database_url()))
    live = RedisLive(settings.redis_url)
    database.announce_with(live)
    app = build_app(settings, database, live, demo=demo)
    try:
        web.run_app(app, host=host, port=port, print=None, access_log=None, shutdown_timeout=5.0)
    finally:
        database.close()
