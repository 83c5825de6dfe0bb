"""The agents' page: static files under a strict content security policy."""

from pathlib import Path

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

STATIC = Path(__file__).parent / "static"
HEADERS = {
    # nothing from elsewhere, no inline scripts or styles, never inside another page's frame
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # asked for again each time (and mostly answered 304), so that a new release shows at once
    hdrs.CACHE_CONTROL: "no-cache",
}


async def index(_request: web.Request) -> web.StreamResponse:
    """The page."""
    return web.FileResponse(STATIC / "index.html")


@web.middleware
async def page_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Puts the headers on everything below /console, errors included."""
    if request.path != "/console" and not request.path.startswith("/console/"):
        return await handler(request)
    try:
        response = await handler(request)
    except web.HTTPException as error:
        error.headers.update(HEADERS)
        raise
    response.headers.update(HEADERS)
    return response


def add_pages(app: web.Application) -> None:
    """`/console` and `/console/static/...`."""
    app.middlewares.append(page_headers)
    app.router.add_get("/console", index)
    app.router.add_get("/console/", index)
    app.router.add_static("/console/static", STATIC)
