"""The desk's JSON API over HTTP: login, lists, verbs, errors, and its own description."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import jsonschema
import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import event

from bot.company import Company
from bot.live import RedisLive
from bot.settings import load_settings
from bot.storage.console import connection_of
from bot.storage.database import Database
from bot.types.article import Article
from bot.types.desk import Priority, Role, TicketKind
from bot.types.effects import BookCallback, OpenTicket, Say
from bot.types.message import InboundEvent
from bot.webcontext import WebContext
from handoff.console.http import BODY_LIMIT, PREFIX
from handoff.console.routes import ROUTES, add_routes
from tests.clock import SettableClock
from tests.contract.desk_support import PASSWORD, Desk

Client = TestClient[web.Request, web.Application]


@pytest.fixture
def desk(database: Database, company: Company, clock: SettableClock) -> Desk:
    return Desk(database, company, clock)


@pytest.fixture
def context(desk: Desk, live: RedisLive) -> WebContext:
    async def receive(_events: "list[InboundEvent]") -> None:
        raise AssertionError("the desk receives nothing from channels")

    desk.database.announce_with(live)
    return WebContext(
        load_settings({}),
        desk.company,
        desk.database,
        live,
        desk.clock,
        desk.texts,
        desk.knowledge,
        receive,  # type: ignore[arg-type]
    )


@pytest.fixture
async def client(context: WebContext) -> AsyncIterator[Client]:
    app = web.Application()
    add_routes(app, context)
    async with TestClient(TestServer(app)) as made:
        yield made


@dataclass
class Api:
    """An agent who is logged in."""

    client: Client
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def ask(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        async with self.client.request(method, PREFIX + path, json=body, headers=self.headers) as response:
            assert response.status == status, await response.text()
            return await response.json() if response.status != 204 else None

    async def get(self, path: str, *, status: int = 200) -> Any:
        return await self.ask("GET", path, status=status)

    async def post(self, path: str, body: object = None, *, status: int = 200) -> Any:
        return await self.ask("POST", path, body, status=status)


async def log_in(client: Client, login: str, password: str = PASSWORD) -> ClientResponse:
    return await client.post(f"{PREFIX}/login", json={"login": login, "password": password})


async def api_of(desk: Desk, client: Client, login: str, role: Role = Role.AGENT, *teams: str) -> Api:
    desk.agent(login, role, *teams)
    async with await log_in(client, login) as response:
        assert response.status == 200
        return Api(client, (await response.json())["token"])


async def error_of(response: ClientResponse) -> tuple[int, str]:
    async with response:
        return response.status, (await response.json())["error"]["code"]


# ---- logging in


async def test_login_gives_a_token_until_logout(desk: Desk, client: Client) -> None:
    anna = desk.agent("anna", Role.AGENT, "cards", "loans", name="Anna Nowak")
    async with await log_in(client, " Anna ") as response:
        answer = await response.json()
    assert answer["agent"] == {
        "id": anna.id, "login": "anna", "name": "Anna Nowak", "role": "agent", "teams": ["cards", "loans"],
    }  # fmt: skip
    assert answer["expires_at"].endswith("Z")
    api = Api(client, answer["token"])
    me = await api.get("/me")
    assert me["agent"] == answer["agent"]
    assert me["teams"]["cards"] == {"pl": "Zespół kart", "ru": "Отдел карт", "en": "Cards team"}
    assert me["brands"]["fala"] == {"name": "Fala", "colour": "#3b4fd8"}
    names = {topic["id"]: topic["name"] for topic in me["topics"]}
    assert names["card_block"] == {"pl": "Blokada karty", "ru": "Блокировка карты", "en": "Block a card"}
    assert all(set(name) == {"pl", "ru", "en"} for name in names.values())
    await api.post("/logout", status=204)
    await api.get("/me", status=401)


async def test_neither_token_nor_password_is_stored(desk: Desk, client: Client) -> None:
    api = await api_of(desk, client, "anna")

    def stored(query: str) -> list[str]:
        return [str(row) for row in desk.read(lambda tx: connection_of(tx).exec_driver_sql(query).all())]

    rows = stored("SELECT * FROM tokens") + stored("SELECT * FROM agents")
    assert len(rows) == 2
    assert not any(api.token in row or PASSWORD in row for row in rows)


async def test_a_login_lasts_twelve_hours(desk: Desk, client: Client) -> None:
    api = await api_of(desk, client, "anna")
    desk.clock.advance(hours=11, minutes=59)
    await api.get("/me")
    desk.clock.advance(minutes=2)
    await api.get("/me", status=401)


async def test_a_wrong_password_and_an_unknown_login_look_the_same(desk: Desk, client: Client) -> None:
    desk.agent("anna")
    answers = []
    for login in ("anna", "nobody"):
        async with await log_in(client, login, "wrong wrong") as response:
            answers.append((response.status, await response.json()))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401
    assert answers[0][1]["error"]["code"] == "wrong_login"


async def test_a_disabled_account_is_out_at_once(desk: Desk, client: Client) -> None:
    api = await api_of(desk, client, "anna")
    desk.write(lambda tx: connection_of(tx).exec_driver_sql("UPDATE agents SET disabled = (1 = 1)"))
    await api.get("/me", status=401)
    assert await error_of(await log_in(client, "anna")) == (401, "wrong_login")


async def test_the_login_throttle(desk: Desk, client: Client) -> None:
    desk.agent("anna")
    desk.agent("ola")
    for _ in range(4):
        assert await error_of(await log_in(client, "anna", "wrong wrong")) == (401, "wrong_login")
    async with await log_in(client, "anna") as response:
        assert response.status == 200  # the fifth attempt; being right, it sets the count back
    for _ in range(5):
        assert await error_of(await log_in(client, "anna", "wrong wrong")) == (401, "wrong_login")
    async with await log_in(client, "anna") as response:
        assert response.status == 429
        assert int(response.headers["Retry-After"]) > 0
        assert (await response.json())["error"]["code"] == "too_many_attempts"
    async with await log_in(client, "ola") as response:
        assert response.status == 200


@pytest.mark.parametrize("route", [route for route in ROUTES if route.login], ids=lambda route: route.path)
async def test_nothing_without_a_login(client: Client, route: Any) -> None:
    path = PREFIX + route.path.replace("{id}", "1")
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
        async with client.request(route.method, path, headers=headers) as response:
            assert await error_of(response) == (401, "unauthorized")
            assert response.headers["WWW-Authenticate"] == "Bearer"


# ---- what is asked wrongly


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "/login", b"{", (400, "malformed")),
        ("POST", "/login", b"\xff\xfe", (400, "malformed")),
        ("POST", "/login", b"[" * 60_000, (400, "malformed")),
        ("POST", "/login", b'{"login": "a"}', (400, "malformed")),
        ("POST", "/login", b'{"login": "a", "password": "b", "admin": true}', (400, "malformed")),
        ("POST", "/login", b'{"login": "a", "password": "' + b"x" * 300 + b'"}', (400, "malformed")),
        ("POST", "/login", b'"' + b"x" * BODY_LIMIT + b'"', (413, "too_large")),
        ("POST", "/login", b'{"login": "a\\ud800", "password": "b"}', (400, "malformed")),
        ("POST", "/conversations/1/messages", b'{"text": ""}', (400, "malformed")),
        ("POST", "/conversations/1/messages", b'{"text": "x", "author": "system"}', (400, "malformed")),
        ("POST", "/conversations/1/transfer", b"{}", (400, "malformed")),
        ("POST", "/callbacks/1/attempts", b'{"outcome": "eaten"}', (400, "malformed")),
        ("POST", "/callbacks/1/attempts", b'{"outcome": "busy"}', (404, "not_found")),
        ("GET", "/conversations?holder=god", b"", (400, "malformed")),
        ("GET", "/conversations?limit=0", b"", (400, "malformed")),
        ("GET", "/conversations?limit=201", b"", (400, "malformed")),
        ("GET", "/conversations?sort=id", b"", (400, "malformed")),
        ("GET", "/conversations/999999999999999999", b"", (404, "not_found")),
        ("GET", "/conversations/9999999999999999999999", b"", (404, "not_found")),
        ("GET", "/nothing", b"", (404, "not_found")),
        ("DELETE", "/conversations/1", b"", (405, "method_not_allowed")),
        ("POST", "/conversations/1/claim", b"", (404, "not_found")),
        ("POST", "/tickets/1/close", b"", (404, "not_found")),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_bad_requests(
    desk: Desk, client: Client, method: str, path: str, body: bytes, expected: tuple[int, str]
) -> None:
    api = await api_of(desk, client, "anna")
    response = await client.request(method, PREFIX + path, data=body or None, headers=api.headers)
    assert await error_of(response) == expected


async def test_our_own_fault_is_logged_once_with_its_id(
    desk: Desk, context: WebContext, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def article(self, topic: str, brand: str, day: datetime) -> Article | None:
            raise RuntimeError("boom")

        def topics(self) -> list[str]:
            raise RuntimeError("boom")

    app = web.Application()
    add_routes(app, replace(context, knowledge=Broken()))
    async with TestClient(TestServer(app)) as client:
        api = await api_of(desk, client, "anna")
        with caplog.at_level(logging.INFO):
            answer = await api.get("/me", status=500)
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    error_id = errors[0].getMessage().split()[1]
    assert answer["error"]["code"] == "internal"
    assert error_id in answer["error"]["message"]
    assert "boom" not in answer["error"]["message"]


# ---- reading


async def test_the_lists_and_their_counts(desk: Desk, client: Client) -> None:
    waiting = desk.waiting("ewa")
    held = desk.waiting("jan", team="loans")
    free = desk.customer_writes("Jaki jest kod SWIFT?", "iga")
    desk.turn(Say("MODRPLPW"), topic="account_number")
    done = desk.waiting("leo")
    api = await api_of(desk, client, "anna")
    other = await api_of(desk, client, "ola")
    await api.post(f"/conversations/{held}/claim")
    await other.post(f"/conversations/{done}/claim")
    await other.post(f"/conversations/{done}/resolve")

    async def listed(query: str) -> list[int]:
        return [item["id"] for item in (await api.get(f"/conversations?{query}"))["conversations"]]

    assert await listed("holder=queue") == [waiting]
    assert await listed("holder=me") == [held]
    assert await listed("holder=agent") == [held]
    assert await listed("holder=assistant") == [free]
    assert await listed("holder=assistant&status=any") == [done, free]
    assert await listed("status=resolved") == [done]
    assert sorted(await listed("")) == sorted([waiting, held, free])
    assert await listed("team=loans") == [held]
    assert await listed("team=poets") == []
    assert (await api.get("/conversations"))["counts"] == {"queue": 1, "me": 1, "assistant": 1}
    assert (await other.get("/conversations"))["counts"] == {"queue": 1, "me": 0, "assistant": 1}


async def test_a_conversation_in_the_list(desk: Desk, client: Client) -> None:
    ours = desk.waiting("ewa", Priority.URGENT)
    api = await api_of(desk, client, "anna")
    item = (await api.get("/conversations?holder=queue"))["conversations"][0]
    opened_at = desk.read(lambda tx: tx.open_assignment(ours)).opened_at  # type: ignore[union-attr]
    assert datetime.fromisoformat(item["waiting_since"]) == opened_at
    assert item | {"updated_at": "", "waiting_since": "", "contact": item["contact"]["name"]} == {
        "id": ours, "channel": "webchat", "brand": "modrzew", "language": "pl", "holder": "queue", "status": "open",
        "agent": None, "team": "cards", "contact": "Ewa", "waiting_since": "", "priority": "urgent",
        "reason": "requested", "updated_at": "",
        "triage": {"intent": "human", "intent_confidence": 0.95, "topic": None, "topic_confidence": 0.0},
        "last_message": {"author": "assistant", "text": "Już szukam.", "at": item["last_message"]["at"]},
        "customer_words": "chcę rozmawiać z człowiekiem",
    }  # fmt: skip


async def test_how_long_a_customer_waits_for_a_person(desk: Desk, client: Client) -> None:
    ours = desk.waiting()
    opened_at = desk.now
    api = await api_of(desk, client, "anna")

    async def since() -> str | None:
        found = (await api.get(f"/conversations/{ours}"))["conversation"]["waiting_since"]
        return found if found is None else str(found)

    await api.post(f"/conversations/{ours}/claim")
    waiting = await since()
    assert waiting is not None
    assert datetime.fromisoformat(waiting) == opened_at  # claimed, but not a word yet
    desk.clock.advance(seconds=1)
    await api.post(f"/conversations/{ours}/messages", {"text": "Dzień dobry"})
    assert await since() is None
    desk.customer_writes("Halo?")
    desk.customer_writes("Jest tam kto?")
    asked = [message for message in (await api.get(f"/conversations/{ours}"))["messages"] if message["text"] == "Halo?"]
    assert await since() == asked[0]["at"]


async def test_the_queue_is_paged_in_its_order(desk: Desk, client: Client) -> None:
    urgency = [Priority.NORMAL, Priority.URGENT, Priority.COMPLAINT, Priority.NORMAL, Priority.URGENT]
    ids = [desk.waiting(f"customer{number}", priority) for number, priority in enumerate(urgency)]
    expected = [ids[1], ids[4], ids[2], ids[0], ids[3]]
    api = await api_of(desk, client, "anna")
    seen: list[int] = []
    before = ""
    while page := (await api.get(f"/conversations?holder=queue&limit=2{before}"))["conversations"]:
        seen += [item["id"] for item in page]
        before = f"&before={seen[-1]}"
        await api.post(f"/conversations/{seen[-1]}/claim")  # that it leaves the queue does not lose the place
    assert seen == expected


async def test_the_other_lists_are_paged_latest_first(desk: Desk, client: Client) -> None:
    ids = [desk.customer_writes("Dzień dobry", f"customer{number}") for number in range(5)]
    desk.clock.advance(seconds=1)
    desk.customer_writes("jeszcze coś", "customer1")
    api = await api_of(desk, client, "anna")
    seen: list[int] = []
    before = ""
    while page := (await api.get(f"/conversations?limit=2{before}"))["conversations"]:
        seen += [item["id"] for item in page]
        before = f"&before={seen[-1]}"
    assert seen == [ids[1], ids[4], ids[3], ids[2], ids[0]]


async def test_a_list_takes_as_many_queries_for_one_as_for_many(desk: Desk, client: Client) -> None:
    api = await api_of(desk, client, "anna", Role.AGENT, "cards")
    statements: list[str] = []
    event.listen(desk.database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    async def queries(path: str) -> int:
        statements.clear()
        await api.get(path)
        return len(statements)

    def call(number: int) -> None:
        ours = desk.waiting(f"customer{number}")
        desk.customer_writes("skarga", f"customer{number}")
        desk.turn(
            OpenTicket(f"R-{number}", TicketKind.COMPLAINT, "Źle.", "cards"),
            BookCallback(f"C-{number}", "+48600700800", desk.now, "1234", "cards"),
        )
        calls.append(ours)

    calls: list[int] = []
    call(0)
    await api.post(f"/conversations/{calls[0]}/claim")
    paths = ("/conversations", "/tickets", "/callbacks")
    few = [await queries(path) for path in paths]
    for number in range(1, 5):
        call(number)
        await api.post(f"/conversations/{calls[number]}/claim")
    assert len((await api.get("/conversations"))["conversations"]) == 5
    assert [await queries(path) for path in paths] == few


async def test_all_about_one_conversation(desk: Desk, client: Client) -> None:
    ours = desk.customer_writes("Nie działa mi PIN, skandal!", channel="messenger")
    complaint = OpenTicket("R-2026-ABCDEF", TicketKind.COMPLAINT, "Nie działa mi PIN", "cards", "card_pin")
    call = BookCallback("C-2026-ABCDEF", "+48600700800", desk.now, "0042", "cards", "card_pin")
    desk.turn(Say("Przykro nam."), complaint, call, intent="complaint")
    api = await api_of(desk, client, "anna", Role.AGENT, "cards")
    await api.post(f"/conversations/{ours}/claim")
    await api.post(f"/conversations/{ours}/messages", {"text": "stały klient", "note": True})

    detail = await api.get(f"/conversations/{ours}")
    conversation = detail["conversation"]
    assert conversation["agent"]["login"] == "anna"
    window = datetime.fromisoformat(conversation["reply_window"]["agent_until"]) - desk.now
    assert 6 <= window.days <= 7
    customer, assistant, joined, note = detail["messages"]
    assert [message["author"] for message in detail["messages"]] == ["customer", "assistant", "system", "note"]
    assert customer["understanding"]["topic"] == "card_pin"
    assert (customer["outcome"], customer["delivery"], customer["agent"]) == ("answer", None, None)
    assert assistant["delivery"] == {"state": "stored", "reason": None}
    assert joined["text"] == "Rozmowę z Tobą prowadzi teraz Anna."
    assert note["agent"]["name"] == "Anna Kowalska"
    assert note["delivery"] is None
    assert [ticket["reference"] for ticket in detail["tickets"]] == ["R-2026-ABCDEF"]
    assert [(one["code"], one["attempts"]) for one in detail["callbacks"]] == [("0042", [])]
    assert [(one["team"], one["agent"]["login"], one["result"]) for one in detail["assignments"]] == [
        ("cards", "anna", None)
    ]
    assert detail["playbook"][0]["topic"] == "card_pin"
    assert "{" not in detail["playbook"][0]["text"]
    assert detail["cursor"] > 0


# ---- the desk's verbs


async def test_two_who_claim_at_once(desk: Desk, client: Client) -> None:
    ours = desk.waiting()
    agents = [await api_of(desk, client, login) for login in ("anna", "ola")]

    async def claim(api: Api) -> tuple[int, Any]:
        async with client.post(f"{PREFIX}/conversations/{ours}/claim", headers=api.headers) as response:
            return response.status, await response.json()

    answers = sorted(await asyncio.gather(*(claim(api) for api in agents)), key=lambda answer: answer[0])
    assert [status for status, _ in answers] == [200, 409]
    winner = answers[0][1]["conversation"]["agent"]["name"]
    assert answers[1][1]["error"]["code"] == "already_claimed"
    assert winner in answers[1][1]["error"]["message"]


async def test_only_the_holder_speaks(desk: Desk, client: Client) -> None:
    ours = desk.waiting()
    anna, ola = await api_of(desk, client, "anna"), await api_of(desk, client, "ola")
    refusal = await anna.post(f"/conversations/{ours}/messages", {"text": "Halo"}, status=409)
    assert refusal["error"]["code"] == "not_holder"
    await anna.post(f"/conversations/{ours}/claim")
    for path, body in (
        ("messages", {"text": "Halo"}),
        ("transfer", {"team": "loans"}),
        ("return", None),
        ("resolve", None),
    ):
        refusal = await ola.post(f"/conversations/{ours}/{path}", body, status=409)
        assert refusal["error"]["code"] == "not_holder"
        assert "Anna" in refusal["error"]["message"]
    answer = await anna.post(f"/conversations/{ours}/messages", {"text": "Dzień dobry\0!"})
    message = answer["message"]
    assert (message["author"], message["text"], message["agent"]["name"]) == ("agent", "Dzień dobry!", "Anna Kowalska")
    assert message["delivery"] == {"state": "stored", "reason": None}
    note = await ola.post(f"/conversations/{ours}/messages", {"text": "Pomóc?", "note": True})
    assert (note["message"]["author"], note["message"]["delivery"]) == ("note", None)


async def test_passing_on_giving_back_and_resolving(desk: Desk, client: Client) -> None:
    ours = desk.waiting()
    anna, ola = await api_of(desk, client, "anna"), await api_of(desk, client, "ola")
    await anna.post(f"/conversations/{ours}/claim")

    async def verb(api: Api, name: str, body: object = None) -> tuple[str, str, str | None]:
        conversation = (await api.post(f"/conversations/{ours}/{name}", body))["conversation"]
        agent = conversation["agent"]
        return conversation["holder"], conversation["status"], agent["login"] if agent else conversation["team"]

    assert await verb(anna, "transfer", {"agent": "Ola"}) == ("agent", "open", "ola")
    assert await verb(ola, "transfer", {"team": "loans"}) == ("queue", "open", "loans")
    assert await verb(anna, "claim") == ("agent", "open", "anna")
    assert await verb(anna, "return") == ("assistant", "open", "loans")
    assert await verb(anna, "claim") == ("agent", "open", "anna")
    assert await verb(anna, "resolve") == ("assistant", "resolved", "loans")
    assert await verb(ola, "claim") == ("agent", "open", "ola")  # a matter may be taken up again


async def test_tickets(desk: Desk, client: Client) -> None:
    ours = desk.customer_writes("mam pomysł i skargę")
    desk.turn(
        OpenTicket("I-1", TicketKind.IDEA, "Ciemny motyw", "service"),
        OpenTicket("R-1", TicketKind.COMPLAINT, "Za drogo", "service", "account_fees", desk.now.date()),
    )
    api = await api_of(desk, client, "anna")
    both = (await api.get("/tickets"))["tickets"]
    assert [ticket["reference"] for ticket in both] == ["R-1", "I-1"]
    assert both[0] | {"id": 0, "created_at": ""} == {
        "id": 0, "reference": "R-1", "kind": "complaint", "topic": "account_fees", "team": "service",
        "text": "Za drogo", "status": "open", "due_on": desk.now.date().isoformat(), "created_at": "",
        "conversation_id": ours, "language": "pl", "brand": "modrzew",
    }  # fmt: skip
    assert [ticket["reference"] for ticket in (await api.get("/tickets?kind=idea"))["tickets"]] == ["I-1"]
    older = await api.get(f"/tickets?before={both[0]['id']}")
    assert [ticket["reference"] for ticket in older["tickets"]] == ["I-1"]
    closed = await api.post(f"/tickets/{both[0]['id']}/close")
    assert closed["ticket"]["status"] == "closed"
    assert [ticket["reference"] for ticket in (await api.get("/tickets?status=open"))["tickets"]] == ["I-1"]


async def test_callbacks(desk: Desk, client: Client) -> None:
    desk.customer_writes("proszę o telefon")
    desk.turn(
        BookCallback("C-1", "+48600700800", desk.now, "0042", "cards"),
        BookCallback("C-0", "+48600700801", desk.now.replace(year=desk.now.year - 1), "0043", "cards"),
    )
    api = await api_of(desk, client, "anna")
    calls = (await api.get("/callbacks?status=waiting"))["callbacks"]
    assert [call["reference"] for call in calls] == ["C-0", "C-1"]  # the one that is due first
    assert (calls[1]["name"], calls[1]["code"], calls[1]["attempts"]) == ("Ewa", "0042", [])
    path = f"/callbacks/{calls[1]['id']}/attempts"
    again = (await api.post(path, {"outcome": "no_answer", "note": "sygnał zajęty"}))["callback"]
    assert again["status"] == "waiting"
    assert (datetime.fromisoformat(again["due_at"]) - desk.now).total_seconds() >= 1800
    assert again["attempts"][0]["agent"]["name"] == "Anna Kowalska"
    assert again["attempts"][0]["note"] == "sygnał zajęty"
    assert (await api.post(path, {"outcome": "reached"}))["callback"]["status"] == "done"
    assert (await api.post(path, {"outcome": "reached"}, status=409))["error"]["code"] == "not_waiting"
    assert [call["reference"] for call in (await api.get("/callbacks?status=done"))["callbacks"]] == ["C-1"]


# ---- the description and the page


async def test_the_description_names_every_route_and_is_sound(client: Client) -> None:
    async with client.get(f"{PREFIX}/openapi.json") as response:
        assert response.status == 200
        document = await response.json()
    assert document["openapi"].startswith("3.1")
    described = {(method.upper(), path) for path, verbs in document["paths"].items() for method in verbs}
    assert described == {(route.method, PREFIX + route.path) for route in ROUTES}
    served = {(route.method, route.resource.canonical) for route in client.app.router.routes() if route.resource}
    assert described == {(method, path) for method, path in served if path.startswith(PREFIX) and method != "HEAD"}
    operations = [operation for verbs in document["paths"].values() for operation in verbs.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for reference in _references(document):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    return [found for value in node for found in _references(value)] if isinstance(node, list) else []


async def test_answers_are_as_described(desk: Desk, client: Client) -> None:
    ours = desk.waiting()
    api = await api_of(desk, client, "anna", Role.AGENT, "cards")
    async with client.get(f"{PREFIX}/openapi.json") as response:
        document = await response.json()
    for path, name in (("/conversations", "ConversationsAnswer"), (f"/conversations/{ours}", "ConversationDetail")):
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema.Draft202012Validator(schema).validate(await api.get(path))


async def test_the_page_lets_nothing_in_from_elsewhere(client: Client) -> None:
    for path in ("/console", "/console/", "/console/static/index.html", "/console/static/none.js"):
        async with client.get(path) as response:
            assert response.status == (404 if path.endswith("none.js") else 200)
            policy = response.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'self';")
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
    async with client.get("/console/static/..%2fauth.py") as response:
        assert response.status in (403, 404)
