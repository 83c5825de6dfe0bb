"""The table of the desk's API, and the entry point for the web process."""

from functools import cache

from aiohttp import web

from bot.webcontext import WebContext
from handoff.console import auth, openapi, views
from handoff.console.http import Call, Route, api_errors, endpoint
from handoff.console.live_feed import live
from handoff.console.pages import add_pages
from handoff.console.schemas import (
    AttemptBody,
    CallbackAnswer,
    CallbacksAnswer,
    CallbacksQuery,
    ConversationAnswer,
    ConversationDetail,
    ConversationsAnswer,
    ConversationsQuery,
    LiveQuery,
    LoginAnswer,
    LoginBody,
    MeAnswer,
    MessageAnswer,
    MessageBody,
    TicketAnswer,
    TicketsAnswer,
    TicketsQuery,
    TransferBody,
)


async def description(_call: Call) -> web.StreamResponse:
    """The API's own description."""
    return web.json_response(_document())


@cache
def _document() -> dict[str, object]:
    return openapi.describe(ROUTES)


ONE = "/conversations/{id}"
ROUTES = (
    Route("POST", "/login", "Log in", auth.login, LoginAnswer, body=LoginBody, login=False),
    Route("POST", "/logout", "Log out", auth.logout, status=204),
    Route("GET", "/me", "Who is logged in, and the company's words", auth.me, MeAnswer),
    Route(
        "GET",
        "/conversations",
        "A page of conversations, newest need first",
        views.conversations,
        ConversationsAnswer,
        query=ConversationsQuery,
    ),
    Route("GET", ONE, "All about one conversation", views.conversation, ConversationDetail),
    Route("POST", f"{ONE}/claim", "Take it from the queue or the assistant", views.claim, ConversationAnswer),
    Route(
        "POST", f"{ONE}/messages", "Answer the customer, or leave a note", views.reply, MessageAnswer, body=MessageBody
    ),
    Route(
        "POST",
        f"{ONE}/transfer",
        "Pass it to a team or an agent",
        views.transfer,
        ConversationAnswer,
        body=TransferBody,
    ),
    Route("POST", f"{ONE}/return", "Give it back to the assistant", views.give_back, ConversationAnswer),
    Route("POST", f"{ONE}/resolve", "End the matter", views.resolve, ConversationAnswer),
    Route("GET", "/tickets", "Complaints and ideas", views.tickets, TicketsAnswer, query=TicketsQuery),
    Route("POST", "/tickets/{id}/close", "Close a ticket", views.close_ticket, TicketAnswer),
    Route("GET", "/callbacks", "Promised phone calls", views.callbacks, CallbacksAnswer, query=CallbacksQuery),
    Route(
        "POST",
        "/callbacks/{id}/attempts",
        "Log an attempt to call",
        views.log_attempt,
        CallbackAnswer,
        body=AttemptBody,
    ),
    Route("GET", "/live", "WebSocket: every change from a cursor on", live, query=LiveQuery, status=101),
    Route("GET", "/openapi.json", "This description", description, login=False),
)


def add_routes(app: web.Application, context: WebContext) -> None:
    """Adds the API and the console's page to the web process."""
    app.middlewares.append(api_errors)
    for route in ROUTES:
        app.router.add_route(route.method, route.pattern, endpoint(context, route, auth.who_asks))
    add_pages(app)
