"""How the desk's API speaks HTTP: a table of routes, each with its models, and one way from request to answer.

A handler gets a `Call` (who asks, the checked body and query) and returns a model; everything else (login, JSON,
sizes, errors) is done here once. handoff/console/openapi.py describes the API from the same table.
"""

import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ValidationError

from bot.errors import Malformed, OkienkoError, TooManyAttempts, Unauthorized
from bot.types.desk import Agent
from bot.webcontext import WebContext

log = logging.getLogger(__name__)

PREFIX = "/api/v1"
BODY_LIMIT = 64 * 1024  # bytes; the longest message is far below
RETRY_AFTER = 60  # seconds, told to whoever is throttled
HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}

M = TypeVar("M", bound=BaseModel)


class TooLarge(OkienkoError):
    """A body beyond the limit."""

    code = "too_large"
    status = 413


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API, checked. `agent` is None only on routes that need no login."""

    context: WebContext
    request: web.Request
    caller: Agent | None
    given: BaseModel | None = None
    asked: BaseModel | None = None

    @property
    def agent(self) -> Agent:
        """Who asks."""
        if self.caller is None:
            raise Unauthorized("log in first")
        return self.caller

    @property
    def id(self) -> int:
        """The id in the path."""
        return int(self.request.match_info["id"])

    def body(self, model: type[M]) -> M:
        """The body, of the type that the route names."""
        assert isinstance(self.given, model)
        return self.given

    def query(self, model: type[M]) -> M:
        """The query, of the type that the route names."""
        assert isinstance(self.asked, model)
        return self.asked


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the API's table. Without an answer's model the answer is 204, or the handler's own response."""

    method: str
    path: str  # below PREFIX; {id} is a number
    summary: str
    handler: Callable[[Call], Awaitable[BaseModel | web.StreamResponse | None]]
    answer: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    login: bool = True
    status: int = 200

    @property
    def pattern(self) -> str:
        """The path as the router wants it."""
        return PREFIX + self.path.replace("{id}", r"{id:\d{1,18}}")


WhoAsks = Callable[[WebContext, web.Request], Awaitable[Agent]]


def endpoint(context: WebContext, route: Route, who_asks: WhoAsks) -> Handler:
    """The route's aiohttp handler."""

    async def handle(request: web.Request) -> web.StreamResponse:
        agent = await who_asks(context, request) if route.login else None
        asked = _checked(route.query, dict(request.query)) if route.query is not None else None
        given = _checked(route.body, await _json(request)) if route.body is not None else None
        answer = await route.handler(Call(context, request, agent, given, asked))
        if isinstance(answer, web.StreamResponse):
            return answer
        if answer is None:
            return web.Response(status=204)
        return _respond(route.status, answer.model_dump_json())

    return handle


def _respond(status: int, text: str) -> web.Response:
    return web.Response(
        status=status, text=text, content_type="application/json", headers={hdrs.CACHE_CONTROL: "no-store"}
    )


async def _json(request: web.Request) -> object:
    raw = bytearray()
    async for chunk in request.content.iter_chunked(BODY_LIMIT):
        raw += chunk
        if len(raw) > BODY_LIMIT:
            raise TooLarge(f"the body is longer than {BODY_LIMIT} bytes")
    try:
        value: object = json.loads(raw)
    except (ValueError, RecursionError):
        raise Malformed("the body is not JSON") from None
    return value


def _checked(model: type[BaseModel], value: object) -> BaseModel:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise Malformed(f"{where}: {message}" if where else message) from None


@web.middleware
async def api_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors below /api as `{"error": {"code", "message"}}`; what is our own fault is logged once, with an id."""
    if not request.path.startswith("/api/"):
        return await handler(request)
    try:
        return await handler(request)
    except OkienkoError as error:
        response = _error(error.status, error.code, error.message)
        if isinstance(error, Unauthorized):
            response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
        if isinstance(error, TooManyAttempts):
            response.headers[hdrs.RETRY_AFTER] = str(RETRY_AFTER)
        return response
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = _error(error.status, HTTP_CODES.get(error.status, "http_error"), error.reason)
        if hdrs.ALLOW in error.headers:
            response.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
        return response
    except Exception:  # the edge: nothing above could answer in the API's own form
        error_id = secrets.token_hex(4)
        resource = request.match_info.route.resource
        log.exception("error %s in %s %s", error_id, request.method, resource.canonical if resource else "?")
        return _error(500, "internal", f"something went wrong on our side (error {error_id})")


def _error(status: int, code: str, message: str) -> web.Response:
    return _respond(status, json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))
