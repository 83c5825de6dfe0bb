"""What customers and agents live through over Telegram: a simulated Bot API, both ways of fetching updates."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
import pytest_asyncio

from bot.company import Company
from handoff.deadlines import due_on
from tests.acceptance.conftest import Answer
from tests.product import Desk, Product, until
from tests.serving import Serve
from tests.simulators.telegram import SentMessage, TelegramSimulator, broken, flood

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "simulated_secret-1"


@dataclass
class Service:
    """The product beside a simulated Telegram."""

    product: Product
    telegram: TelegramSimulator
    mode: str
    chats: "count[int]"

    async def asks(self, chat: int, text: str, answers: int = 1) -> list[SentMessage]:
        """A customer writes; what comes back, at least so many messages."""
        before = len(self.telegram.messages(chat))
        await self.telegram.customer_says(chat, text)
        return await self.hears(chat, before, answers)

    async def hears(self, chat: int, before: int, answers: int = 1) -> list[SentMessage]:
        return (await self.telegram.wait_for_messages(chat, before + answers))[before:]

    async def again(self, update: dict[str, Any]) -> None:
        """Telegram repeats an update."""
        if self.mode == "webhook":
            assert await self.telegram.deliver(update) == 200
        else:
            await self.telegram.push(**update)
            await self.telegram.wait_until_confirmed()


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["polling", "webhook"])
async def service(request: pytest.FixtureRequest, serve: Serve) -> AsyncIterator[Service]:
    async with TelegramSimulator() as telegram:
        settings = {
            "OKIENKO_TELEGRAM_API": telegram.address,
            "OKIENKO_TELEGRAM_TOKEN": telegram.token,
            "OKIENKO_TELEGRAM_MODE": request.param,
        }
        if request.param == "webhook":
            settings |= {"OKIENKO_PUBLIC_URL": "{url}", "OKIENKO_TELEGRAM_SECRET": SECRET}
        async with serve(**settings) as product:
            await product.ready()
            if request.param == "webhook":
                await telegram.wait_until(lambda: bool(telegram.webhook_url), "the announcement of the webhook")
                assert telegram.webhook_secret == SECRET
            yield Service(product, telegram, request.param, count(501))


@pytest_asyncio.fixture(loop_scope="module")
async def desk(service: Service) -> AsyncIterator[Desk]:
    async with Desk(service.product.url) as desk:
        yield desk


async def test_a_question_is_answered_and_its_button_pressed(service: Service, answer: Answer) -> None:
    chat = next(service.chats)
    introduction, said = await service.asks(chat, "jak zmienić limit karty", 2)
    assert "Modrzew" in introduction.text
    assert said.text.startswith(answer("card_limits", "pl"))
    assert [payload for _, payload in said.buttons] == ["/helped", "/not_helped"]
    presses = len(service.telegram.answered)
    await service.telegram.presses(chat, "/not_helped")
    (offer,) = await service.hears(chat, 2)
    assert tuple(payload for _, payload in offer.buttons) == ("/human", "/callback")
    await service.telegram.wait_for_answers(presses + 1)  # or the button would spin for ever
    assert service.product.outcomes(str(chat)) == ["answer", "clarify"]


async def test_a_lost_card_gets_the_safety_instruction_and_a_person(
    service: Service, desk: Desk, answer: Answer
) -> None:
    chat = next(service.chats)
    _, instruction, _ = await service.asks(chat, "Потеряла карту, что делать?", 3)
    assert instruction.text == answer("card_block", "ru")
    detail = await desk.get(f"/conversations/{service.product.conversation_of(str(chat))}")
    assert (detail["conversation"]["priority"], detail["conversation"]["holder"]) == ("urgent", "queue")
    assert detail["conversation"]["channel"] == "telegram"
    assert detail["conversation"]["contact"]["name"] == "Jan Kowalski"


async def test_a_person_takes_over_answers_and_hands_back(service: Service, desk: Desk, answer: Answer) -> None:
    chat = next(service.chats)
    await service.asks(chat, "chcę rozmawiać z człowiekiem", 2)
    conversation = f"/conversations/{service.product.conversation_of(str(chat))}"
    await desk.post(f"{conversation}/claim")
    await desk.post(f"{conversation}/messages", text="Tylko dla nas", note=True)
    await desk.post(f"{conversation}/messages", text="Dzień dobry, tu człowiek.")
    _, person = await service.hears(chat, 2, 2)
    assert "Dzień dobry, tu człowiek." in person.text
    await service.telegram.customer_says(chat, "Jak zmienić limit karty?")
    await until(lambda: listened(service, chat), "the turn that only listens")
    await desk.post(f"{conversation}/resolve")
    (closed,) = await service.hears(chat, 4)
    assert "zakończona" in closed.text
    again, said = await service.asks(chat, "Jak zmienić limit karty?", 2)
    assert "asystent" in again.text
    assert said.text.startswith(answer("card_limits", "pl"))
    assert not any("Tylko dla nas" in message.text for message in service.telegram.sent)
    await until(lambda: all_sent(service), "the end of all deliveries")
    sent = [m for m in (await desk.get(conversation))["messages"] if m["author"] not in ("customer", "note")]
    assert {message["delivery"]["state"] for message in sent} == {"sent"}


async def listened(service: Service, chat: int) -> bool:
    return service.product.outcomes(str(chat))[1:] == ["silent"]


async def test_a_complaint_gets_a_ticket_with_its_deadline(service: Service, desk: Desk, company: Company) -> None:
    chat = next(service.chats)
    await service.asks(chat, "Chcę złożyć reklamację", 2)
    taken, _ = await service.asks(chat, "Bankomat nie wypłacił 200 zł, a pieniądze zeszły z konta.", 2)
    reference = re.search(r"R-\d{4}-\w{6}", taken.text)
    assert reference is not None
    tickets = (await desk.get("/tickets?kind=complaint"))["tickets"]
    (ticket,) = [ticket for ticket in tickets if ticket["reference"] == reference[0]]
    received = datetime.fromisoformat(ticket["created_at"]).astimezone(UTC)
    assert ticket["due_on"] == due_on(company, "atm_problem", received).isoformat()
    assert ticket["team"] == "cards"


async def test_a_call_is_booked_with_the_contact_button(service: Service, desk: Desk) -> None:
    chat = next(service.chats)
    _, question = await service.asks(chat, "Proszę o telefon", 2)
    assert question.keys[0]["request_contact"]
    await service.telegram.shares_phone(chat, "+48 512 345 678", owner=chat + 90_000)  # somebody else's: not taken
    await service.telegram.shares_phone(chat, "+48 512 345 678")
    (when,) = await service.hears(chat, 2)
    payload = next(payload for _, payload in when.buttons if "pick_time" in payload)
    await service.telegram.presses(chat, payload)
    (booked,) = await service.hears(chat, 3)
    code = re.search(r"kod (\d{4})", booked.text)
    assert code is not None
    conversation_id = service.product.conversation_of(str(chat))
    calls = (await desk.get("/callbacks?status=waiting"))["callbacks"]
    (call,) = [call for call in calls if call["conversation_id"] == conversation_id]
    assert (call["phone"], call["code"]) == ("+48512345678", code[1])
    foreign = service.product.rows("SELECT kind FROM events WHERE sender = ? AND detail = 'contact:foreign'", str(chat))
    assert [row["kind"] for row in foreign] == ["unsupported"]


@pytest.mark.parametrize(("link", "brand"), [(" fala", "Fala"), ("", "Modrzew"), (" nobody", "Modrzew")])
async def test_a_deep_link_opens_the_brand_and_it_stays(
    service: Service, answer: Answer, link: str, brand: str
) -> None:
    chat = next(service.chats)
    introduction, help_ = await service.asks(chat, f"/start{link}", 2)
    assert brand in introduction.text
    assert help_.buttons
    (said,) = await service.asks(chat, "How do I change my card limit?")
    assert said.text.startswith(answer("card_limits", "en", brand.lower()))


async def test_several_updates_at_once_are_all_answered_in_order(service: Service, answer: Answer) -> None:
    chat, other = next(service.chats), next(service.chats)
    questions = [("Jak zmienić limit karty?", "pl"), ("Как узнать номер своего счёта?", "ru")]
    if service.mode == "polling":  # one answer of getUpdates carries all of them
        await service.telegram.customers_say(*((one, text) for text, _ in questions for one in (chat, other)))
        await service.telegram.wait_until_confirmed()
    else:
        for text, _ in questions:
            await asyncio.gather(*(service.telegram.customer_says(one, text) for one in (chat, other)))
    for one in (chat, other):
        _, first, second = await service.hears(one, 0, 3)
        assert first.text.startswith(answer("card_limits", "pl"))
        assert second.text.startswith(answer("account_number", "ru"))
        assert service.product.outcomes(str(one)) == ["answer", "answer"]


async def test_a_repeated_update_is_stored_once_and_answered_once(service: Service) -> None:
    chat = next(service.chats)
    update = await service.telegram.customer_says(chat, "Jak zmienić limit karty?")
    await service.hears(chat, 0, 2)
    for _ in range(3):
        await service.again(update)
    await service.asks(chat, "Как узнать номер своего счёта?")
    assert len(service.telegram.messages(chat)) == 3
    assert service.product.outcomes(str(chat)) == ["answer", "answer"]


async def test_what_a_customer_must_not_lose_survives_a_flood_and_an_illness(service: Service) -> None:
    """Telegram asks to wait, then fails, then cuts the line before it takes anything: the answer arrives once."""
    chat = next(service.chats)
    service.telegram.fail("sendMessage", flood(1))
    service.telegram.fail("sendMessage", broken())
    introduction, said = await service.asks(chat, "Jak zmienić limit karty?", 2)
    assert "asystent" in introduction.text
    assert said.buttons
    await until(lambda: all_sent(service), "the end of all deliveries")
    assert len(service.telegram.messages(chat)) == 2


async def all_sent(service: Service) -> bool:
    return not service.product.rows("SELECT 1 FROM deliveries WHERE state IN ('stored', 'sending')")


async def test_a_customer_who_blocks_the_bot_is_given_up_visibly(service: Service, desk: Desk) -> None:
    chat = next(service.chats)
    await service.asks(chat, "chcę rozmawiać z człowiekiem", 2)
    conversation = f"/conversations/{service.product.conversation_of(str(chat))}"
    await service.telegram.blocks(chat)
    await desk.post(f"{conversation}/claim")

    async def failed() -> bool:
        last = (await desk.get(conversation))["messages"][-1]
        return bool(last["delivery"] == {"state": "failed", "reason": "blocked"})

    await until(failed, "the failed delivery on the desk")


async def test_at_the_end_the_ledger_balances(service: Service) -> None:
    ledger = service.product.audit()
    assert (ledger["status"], ledger["findings"]) == (0, [])
    log = service.product.log.read_text(errors="replace")
    assert service.telegram.token not in log
    assert "512 345 678" not in log
