"""Who is logged in: passwords are checked in constant work, tokens are random and stored only as their SHA-256."""

import hashlib
import secrets
from datetime import datetime, timedelta

from aiohttp import hdrs, web

from bot.company import Company
from bot.errors import TooManyAttempts, Unauthorized
from bot.ports import Knowledge, Tx
from bot.storage import accounts
from bot.storage.console import connection_of
from bot.types.desk import Agent
from bot.types.languages import Language
from bot.webcontext import WebContext
from handoff.console import passwords
from handoff.console.http import Call
from handoff.console.schemas import BrandShape, LoginAnswer, LoginBody, MeAnswer, TopicShape
from handoff.console.shapes import agent_shape

TOKEN_BYTES = 32
TOKEN_LIFE = timedelta(hours=12)
#: Attempts at one login from one address before it has to wait.
ATTEMPTS = 5
ATTEMPTS_SECONDS = 300
#: A browser cannot set headers on a WebSocket: the token comes as an offered subprotocol.
SUBPROTOCOL = "okienko.bearer"


async def login(call: Call) -> LoginAnswer:
    """A token for a right password. Raises Unauthorized, the same for an unknown login and a wrong password;
    TooManyAttempts where it was tried too often."""
    body = call.body(LoginBody)
    name, context = body.login.strip().lower(), call.context
    key = f"login:{_digest(name)}:{call.request.remote}"
    if not await context.live.allow(key, ATTEMPTS, ATTEMPTS_SECONDS):
        raise TooManyAttempts("too many attempts to log in; wait a few minutes")
    known = await context.store.read(lambda tx: accounts.credentials(connection_of(tx), name))
    right = await passwords.is_right(body.password, known[1] if known is not None else None)
    if known is None or not right:
        raise Unauthorized("wrong login or password", code="wrong_login")
    await context.live.forget(key)
    token, now = secrets.token_urlsafe(TOKEN_BYTES), context.clock.now()
    agent, expires_at = known[0], now + TOKEN_LIFE
    await context.store.write(
        lambda tx: accounts.add_token(connection_of(tx), _digest(token), agent.id, expires_at, now)
    )
    return LoginAnswer(token=token, agent=agent_shape(agent), expires_at=expires_at)


async def logout(call: Call) -> None:
    """Ends the login at once."""
    hashed = _digest(token_of(call.request))
    await call.context.store.write(lambda tx: accounts.drop_token(connection_of(tx), hashed))


async def me(call: Call) -> MeAnswer:
    """Who is logged in, and the company's teams, brands and topics."""
    company, knowledge, now = call.context.company, call.context.knowledge, call.context.clock.now()
    return MeAnswer(
        agent=agent_shape(call.agent),
        teams={team: rules.name for team, rules in company.teams.items()},
        brands={brand: BrandShape(name=looks.name, colour=looks.colour) for brand, looks in company.brands.items()},
        topics=[TopicShape(id=topic, name=_titles(topic, knowledge, company, now)) for topic in knowledge.topics()],
    )


def _titles(topic: str, knowledge: Knowledge, company: Company, now: datetime) -> dict[Language, str]:
    """What the topic is called in each language: as in the first brand that has an article on it now."""
    articles = (knowledge.article(topic, brand, now) for brand in company.brands)
    article = next((found for found in articles if found is not None), None)
    return {} if article is None else {language: text.title for language, text in article.texts.items()}


async def who_asks(context: WebContext, request: web.Request) -> Agent:
    """The agent whose token the request carries; raises Unauthorized."""
    hashed, now = _digest(token_of(request)), context.clock.now()
    agent = await context.store.read(_agent_of, hashed, now)
    if agent is None:
        raise Unauthorized("the login has expired; log in again")
    return agent


def _agent_of(tx: Tx, token_hash: str, now: datetime) -> Agent | None:
    return accounts.agent_of_token(connection_of(tx), token_hash, now)


def token_of(request: web.Request) -> str:
    """The token in the Authorization header or among the offered subprotocols; raises Unauthorized."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    for offered in request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "").split(","):
        name = offered.strip()
        if name.startswith(f"{SUBPROTOCOL}."):
            return name.removeprefix(f"{SUBPROTOCOL}.")
    raise Unauthorized("log in first")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
