"""What customers and agents live through with the web widget, over the running product's own front doors."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.company import Company
from handoff.deadlines import due_on
from tests.acceptance.conftest import Answer
from tests.product import PATIENCE, Desk, Product, Widget, until
from tests.serving import Serve

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def starting(serve: Serve) -> AsyncIterator[tuple[Product, list[int]]]:
    """The product; and what it answered to /readyz and to a customer's door while its worker still started."""
    async with serve() as product, aiohttp.ClientSession() as client:
        early = []
        for path in ("/readyz", "/healthz"):
            async with client.get(product.url + path) as response:
                early.append(response.status)
        yield product, early


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product(starting: tuple[Product, list[int]]) -> Product:
    await starting[0].ready()
    return starting[0]


@pytest_asyncio.fixture(loop_scope="module")
async def desk(product: Product) -> AsyncIterator[Desk]:
    async with Desk(product.url) as desk:
        yield desk


async def assistant_answers(widget: Widget, text: str, count: int = 1, **more: str) -> list[str]:
    """Says something; what the assistant says to it, at least so many messages."""
    before = sum(message["author"] == "assistant" for message in widget.messages)
    await widget.say(text, **more)
    return [message["text"] for message in (await widget.hear_messages(before + count))[before:]]


async def test_it_is_alive_before_it_is_ready(starting: tuple[Product, list[int]]) -> None:
    assert starting[1] == [503, 200]


def mapped_files(process: int) -> str:
    return Path(f"/proc/{process}/maps").read_text()


async def test_the_web_process_has_no_tensorflow_and_no_rasa(product: Product) -> None:
    (web,), (worker,) = product.parts("web"), product.parts("worker")
    heavy = re.compile("tensorflow|/rasa|sklearn")
    assert heavy.search(mapped_files(worker))  # so that the next line can fail
    assert not heavy.search(mapped_files(web))


@pytest.mark.parametrize(
    ("text", "topic", "language"),
    [
        ("Как узнать номер своего счёта?", "account_number", "ru"),
        ("hwo do i reset my pasword", "password_reset", "en"),
        ("jak zmienić limit karty", "card_limits", "pl"),
    ],
)
async def test_a_question_is_answered_from_the_faq(
    product: Product, answer: Answer, text: str, topic: str, language: Any
) -> None:
    async with Widget(product.url) as widget:
        introduction, said = await assistant_answers(widget, text, 2)
        assert "Modrzew" in introduction
        assert said.startswith(answer(topic, language))
        buttons = widget.messages[-1]["buttons"]
        assert [button["payload"] for button in buttons] == ["/helped", "/not_helped"]
        (thanks,) = await assistant_answers(widget, buttons[0]["title"], payload="/helped")
        assert thanks


async def test_each_brand_answers_in_its_own_words(product: Product, answer: Answer) -> None:
    for brand in ("modrzew", "fala"):
        async with Widget(product.url, brand) as widget:
            introduction, said = await assistant_answers(widget, "Zgubiłem kartę, co robić?", 2)
            assert brand.capitalize() in introduction
            assert said.startswith(answer("card_block", "pl", brand))


async def test_a_lost_card_gets_the_safety_instruction_and_a_person_ahead_of_the_queue(
    product: Product, desk: Desk, answer: Answer, company: Company
) -> None:
    patient, hurt = uuid.uuid4().hex, uuid.uuid4().hex
    async with Widget(product.url, session=patient) as waiting, Widget(product.url, session=hurt) as widget:
        await assistant_answers(waiting, "chcę rozmawiać z człowiekiem", 2)
        _, instruction, fetched = await assistant_answers(widget, "Zgubiłem kartę, co robić?", 3)
        assert instruction == answer("card_block", "pl")
        assert company.teams["security"].name["pl"] in fetched
        queue = (await desk.get("/conversations?holder=queue&limit=200"))["conversations"]
        ids = [row["id"] for row in queue]
        mine = next(row for row in queue if row["id"] == product.conversation_of(hurt))
        assert (mine["priority"], mine["team"], mine["reason"]) == ("urgent", "security", "urgent")
        assert mine["triage"]["topic"] == "card_block"
        # it came later, and is ahead
        assert ids.index(mine["id"]) < ids.index(product.conversation_of(patient))
        urgencies = [row["priority"] for row in queue]
        assert urgencies == sorted(urgencies, key=["urgent", "complaint", "normal"].index)


async def test_a_person_takes_over_answers_and_hands_back(product: Product, desk: Desk, answer: Answer) -> None:
    session = uuid.uuid4().hex
    cursor = (await desk.get("/conversations"))["cursor"]
    async with Widget(product.url, session=session) as widget, desk.feed(cursor) as feed:
        await widget.say("chcę rozmawiać z człowiekiem")
        async with asyncio.timeout(PATIENCE):  # the console hears of it without asking
            while (change := await feed.receive_json()).get("holder") != "queue":
                pass
        conversation = f"/conversations/{change['conversation_id']}"
        found = await desk.waiting("chcę rozmawiać z człowiekiem")
        assert change["conversation_id"] == product.conversation_of(session)
        assert found["conversation"]["holder"] == "queue"

        await desk.post(f"{conversation}/claim")
        joined = await widget.hear("Admin", author="system")
        assert joined["author"] == "system"
        await desk.post(f"{conversation}/messages", text="Uwaga: klient VIP", note=True)
        await desk.post(f"{conversation}/messages", text="Dzień dobry, w czym mogę pomóc?")
        heard = await widget.hear("Dzień dobry, w czym mogę pomóc?", author="agent")
        assert heard["name"] == "Admin"

        before = len(await widget.hear_messages(0))
        await widget.say("Jak zmienić limit karty?")
        await until(lambda: listened(product, session, 2), "the turn that only listens")
        detail = await desk.get(conversation)
        assert detail["messages"][-1]["text"] == "Jak zmienić limit karty?"  # the assistant kept silent
        assert (
            detail["messages"][-1]["understanding"]["topic"] == "card_limits"
        )  # and tells the agent what it understood

        await desk.post(f"{conversation}/resolve")
        await widget.hear("zakończona", author="system")
        again, said = await assistant_answers(widget, "Jak zmienić limit karty?", 2)
        assert "asystent" in again
        assert said.startswith(answer("card_limits", "pl"))
        assert len(await widget.hear_messages(0)) == before + 2
    assert all("VIP" not in message["text"] for message in widget.messages)
    status, refused = await desk.try_post(f"{conversation}/messages", text="Jeszcze ja")
    assert (status, refused["error"]["code"]) == (409, "not_holder")


async def listened(product: Product, session: str, count: int) -> bool:
    outcomes = product.outcomes(session)
    return len(outcomes) == count and outcomes[-1] == "silent"


async def test_a_conversation_is_returned_to_the_assistant(product: Product, desk: Desk) -> None:
    session = uuid.uuid4().hex
    async with Widget(product.url, session=session) as widget:
        await assistant_answers(widget, "хочу поговорить с человеком", 2)
        conversation = f"/conversations/{product.conversation_of(session)}"
        await desk.post(f"{conversation}/claim")
        await desk.post(f"{conversation}/return")
        await widget.hear("программа", author="system")
        again, _ = await assistant_answers(widget, "Как узнать номер своего счёта?", 2)
        assert "помощник" in again


async def test_an_idea_is_taken_down_with_a_reference(product: Product, desk: Desk) -> None:
    session, idea = uuid.uuid4().hex, "Mam pomysł: dodajcie ciemny motyw w aplikacji mobilnej, bo wieczorem razi w oczy"
    async with Widget(product.url, session=session) as widget:
        _, thanks = await assistant_answers(widget, idea, 2)
    found = re.search(r"I-\d{4}-\w{6}", thanks)
    assert found is not None
    tickets = (await desk.get("/tickets?kind=idea"))["tickets"]
    (ticket,) = [ticket for ticket in tickets if ticket["reference"] == found[0]]
    assert (ticket["text"], ticket["conversation_id"]) == (idea, product.conversation_of(session))
    assert product.outcomes(session) == ["idea"]


async def test_a_complaint_is_asked_for_and_gets_its_legal_deadline_and_the_right_team(
    product: Product, desk: Desk, company: Company
) -> None:
    session = uuid.uuid4().hex
    story = "Bankomat wczoraj nie wypłacił 200 zł, a pieniądze zeszły z konta. Oczekuję zwrotu."
    async with Widget(product.url, session=session) as widget:
        _, question = await assistant_answers(widget, "Chcę złożyć reklamację", 2)
        assert "co się stało" in question
        taken, fetched = await assistant_answers(widget, story, 2)
    found = re.search(r"R-\d{4}-\w{6}", taken)
    assert found is not None
    tickets = (await desk.get("/tickets?kind=complaint"))["tickets"]
    (ticket,) = [ticket for ticket in tickets if ticket["reference"] == found[0]]
    assert story in ticket["text"]
    assert ticket["conversation_id"] == product.conversation_of(session)
    due = due_on(company, "atm_problem", datetime.fromisoformat(ticket["created_at"]).astimezone(UTC))
    assert (ticket["topic"], ticket["team"], ticket["due_on"]) == ("atm_problem", "cards", due.isoformat())
    assert f"{due.day} " in taken
    assert str(due.year) in taken
    detail = await desk.get(f"/conversations/{ticket['conversation_id']}")
    assert detail["conversation"]["holder"] == "queue"
    assert (detail["conversation"]["team"], detail["conversation"]["priority"]) == ("cards", "complaint")
    assert company.teams["cards"].name["pl"] in fetched
    assert product.outcomes(session) == ["complaint", "complaint"]


async def test_a_call_is_booked_with_phone_and_time_and_a_code(product: Product, desk: Desk) -> None:
    session = uuid.uuid4().hex
    async with Widget(product.url, session=session) as widget:
        await assistant_answers(widget, "Proszę o telefon", 2)
        (complaint,) = await assistant_answers(widget, "600 700")
        assert "numer" in complaint
        await assistant_answers(widget, "600 700 800")
        buttons = widget.messages[-1]["buttons"]
        later = [button for button in buttons if "pick_time" in button["payload"]][-1]
        (booked,) = await assistant_answers(widget, later["title"], payload=later["payload"])
    code, reference = re.search(r"kod (\d{4})", booked), re.search(r"T-\d{4}-\w{6}", booked)
    assert code is not None
    assert reference is not None
    assert "600 700 800" not in booked  # only its end: somebody may read over a shoulder
    calls = (await desk.get("/callbacks?status=waiting"))["callbacks"]
    (call,) = [call for call in calls if call["reference"] == reference[0]]
    assert (call["phone"], call["code"], call["language"]) == ("+48600700800", code[1], "pl")
    assert call["conversation_id"] == product.conversation_of(session)
    moment = re.search(r"\d{12}", later["payload"])
    assert moment is not None
    assert datetime.fromisoformat(call["due_at"]).strftime("%Y%m%d%H%M") == moment[0]
    done = (await desk.post(f"/callbacks/{call['id']}/attempts", outcome="reached", note="ok"))["callback"]
    assert done["status"] == "done"


async def test_a_customer_who_is_not_understood_twice_gets_a_person(product: Product, desk: Desk) -> None:
    session = uuid.uuid4().hex
    async with Widget(product.url, session=session) as widget:
        await assistant_answers(widget, "nie wiem co z tym zrobić", 2)
        assert widget.messages[-1]["buttons"]
        await assistant_answers(widget, "No nie wiem, co z tym zrobić", 2)
    assert product.outcomes(session) == ["clarify", "handoff"]
    detail = await desk.get(f"/conversations/{product.conversation_of(session)}")
    assert (detail["conversation"]["holder"], detail["conversation"]["reason"]) == ("queue", "not_understood")


async def test_the_language_follows_the_customer(product: Product, answer: Answer) -> None:
    questions: list[tuple[str, Any, str]] = [
        ("Jak zmienić limit karty?", "pl", "card_limits"),
        ("Как узнать номер своего счёта?", "ru", "account_number"),
        ("How do I change my card limit?", "en", "card_limits"),
        ("ok", "en", ""),  # too short to tell
    ]
    async with Widget(product.url) as widget:
        for number, (text, language, topic) in enumerate(questions):
            *_, said = await assistant_answers(widget, text, 2 if number == 0 else 1)
            if topic:
                assert said.startswith(answer(topic, language))
            else:
                assert not re.search("[а-яąćęłńóśźż]", said, re.IGNORECASE)


async def test_what_was_missed_is_replayed_from_the_last_id(product: Product) -> None:
    session = uuid.uuid4().hex
    async with Widget(product.url, session=session) as widget:
        first = await assistant_answers(widget, "Jak zmienić limit karty?", 2)
        await widget.say("Как узнать номер своего счёта?")
        await widget.close()  # gone before the answer
        known = [message["id"] for message in widget.messages]
        await until(lambda: answered(product, session, 2), "the answer to nobody")
        await widget.connect()
        heard = await widget.hear_messages(len(first) + 1)
        assert len(heard) == len(first) + 1
        ids = [message["id"] for message in widget.messages]
        assert ids == sorted(set(ids))
        assert min(set(ids) - set(known)) > max(known)
    async with Widget(product.url, session=session) as reloaded:  # from the very beginning
        everything = await reloaded.hear_messages(len(heard))
        assert [message["id"] for message in everything] == [message["id"] for message in heard]


async def answered(product: Product, session: str, count: int) -> bool:
    return len(product.outcomes(session)) == count


async def test_the_same_message_twice_is_stored_once_and_answered_once(product: Product) -> None:
    session, client_id = uuid.uuid4().hex, str(uuid.uuid4())
    async with Widget(product.url, session=session) as widget:
        await widget.say("Jak zmienić limit karty?", client_id)
        widget.acked.clear()
        await widget.say("Jak zmienić limit karty?", client_id)  # acknowledged again, and no more
        await widget.close()
        await widget.connect()  # the widget sends again what it had no acknowledgement for
        widget.acked.clear()
        await widget.say("Jak zmienić limit karty?", client_id)
        await widget.hear_messages(2)
        await assistant_answers(widget, "Как узнать номер своего счёта?")
    said = [message["text"] for message in widget.messages]
    assert len(said) == len(set(said)) == 3
    assert product.outcomes(session) == ["answer", "answer"]


async def test_two_windows_of_one_customer_see_the_same(product: Product) -> None:
    session = uuid.uuid4().hex
    async with Widget(product.url, session=session) as one, Widget(product.url, session=session) as other:
        await assistant_answers(one, "Jak zmienić limit karty?", 2)
        await other.hear_messages(2)
        assert [m["id"] for m in other.messages] == [m["id"] for m in one.messages]


async def test_at_the_end_the_ledger_balances(product: Product) -> None:
    ledger = product.audit()
    assert (ledger["status"], ledger["findings"]) == (0, [])
    assert ledger["sums"]["turns"] == ledger["sums"]["customer_messages"] > 0
