"""The pages of the demo: a front page, and a page with the widget for each brand."""

from pathlib import Path

from aiohttp import web

from bot.errors import NotFound
from bot.webcontext import WebContext

PAGES = Path(__file__).parent / "channels" / "static" / "demo"


def add_demo_pages(app: web.Application, context: WebContext) -> None:
    """Adds them in demo mode; elsewhere the front page leads to the console."""
    if not context.demo:
        app.router.add_get("/", _to_console)
        return

    async def front(_request: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGES / "index.html")

    async def brand(request: web.Request) -> web.StreamResponse:
        if request.match_info["brand"] not in context.company.brands:
            raise NotFound("there is no such brand")
        return web.FileResponse(PAGES / "brand.html")

    app.router.add_get("/", front)
    app.router.add_static("/demo/static", PAGES)
    app.router.add_get("/demo/{brand}", brand)


async def _to_console(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/console")
