"""What customers and agents live through over Messenger: a simulated Graph API and its signed webhook."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import pytest
import pytest_asyncio

from bot.company import Company
from handoff.deadlines import due_on
from tests.acceptance.conftest import Answer
from tests.product import Desk, Product, until
from tests.serving import Serve
from tests.simulators.messenger import MessengerSimulator, SentMessage

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Service:
    """The product beside a simulated Meta."""

    product: Product
    messenger: MessengerSimulator
    numbers: "count[int]"

    def customer(self) -> str:
        """A new customer."""
        return str(next(self.numbers))

    async def asks(self, psid: str, text: str, answers: int = 1) -> list[SentMessage]:
        """A customer writes; what comes back, at least so many messages."""
        before = len(self.messenger.messages(psid))
        assert await self.messenger.customer_says(psid, text) == 200
        return await self.hears(psid, before, answers)

    async def hears(self, psid: str, before: int, answers: int = 1) -> list[SentMessage]:
        return (await self.messenger.wait_for_messages(psid, before + answers))[before:]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(serve: Serve) -> AsyncIterator[Service]:
    async with MessengerSimulator() as messenger:
        settings = {
            "OKIENKO_MESSENGER_API": messenger.api,
            "OKIENKO_MESSENGER_PAGE_TOKEN": messenger.page_token,
            "OKIENKO_MESSENGER_APP_SECRET": messenger.app_secret,
            "OKIENKO_MESSENGER_VERIFY_TOKEN": messenger.verify_token,
        }
        async with serve(**settings) as product:
            messenger.webhook_url = f"{product.url}/channels/messenger/webhook"
            await product.ready()
            yield Service(product, messenger, count(9001))


@pytest_asyncio.fixture(loop_scope="module")
async def desk(service: Service) -> AsyncIterator[Desk]:
    async with Desk(service.product.url) as desk:
        yield desk


async def test_meta_verifies_the_webhook(service: Service) -> None:
    assert await service.messenger.verifies() == (200, "1158201444")
    assert (await service.messenger.verifies("wrong"))[0] == 403


async def test_a_question_is_answered_and_its_button_pressed(service: Service, answer: Answer) -> None:
    psid = service.customer()
    introduction, said = await service.asks(psid, "jak zmienić limit karty", 2)
    assert "Modrzew" in introduction.text
    assert said.text.startswith(answer("card_limits", "pl"))
    assert await service.messenger.presses(psid, "/not_helped") == 200
    (offer,) = await service.hears(psid, 2)
    assert [payload for _, payload in offer.buttons] == ["/human", "/callback"]
    assert service.product.outcomes(psid) == ["answer", "clarify"]
    assert {message.messaging_type for message in service.messenger.messages(psid)} == {"RESPONSE"}


async def test_a_lost_card_gets_the_safety_instruction_and_a_person(
    service: Service, desk: Desk, answer: Answer
) -> None:
    psid = service.customer()
    _, instruction, _ = await service.asks(psid, "I lost my card, what should I do?", 3)
    assert instruction.text == answer("card_block", "en")
    detail = await desk.get(f"/conversations/{service.product.conversation_of(psid)}")
    conversation = detail["conversation"]
    assert (conversation["priority"], conversation["holder"]) == ("urgent", "queue")
    assert conversation["channel"] == "messenger"


async def test_a_person_takes_over_answers_and_hands_back(service: Service, desk: Desk, answer: Answer) -> None:
    psid = service.customer()
    await service.asks(psid, "chcę rozmawiać z człowiekiem", 2)
    conversation = f"/conversations/{service.product.conversation_of(psid)}"
    await desk.post(f"{conversation}/claim")
    await desk.post(f"{conversation}/messages", text="Tylko dla nas", note=True)
    await desk.post(f"{conversation}/messages", text="Dzień dobry, tu człowiek.")
    _, person = await service.hears(psid, 2, 2)
    assert "Dzień dobry, tu człowiek." in person.text
    await service.messenger.customer_says(psid, "Jak zmienić limit karty?")
    await until(lambda: listened(service, psid), "the turn that only listens")
    await desk.post(f"{conversation}/resolve")
    (closed,) = await service.hears(psid, 4)
    assert "zakończona" in closed.text
    again, said = await service.asks(psid, "Jak zmienić limit karty?", 2)
    assert "asystent" in again.text
    assert said.text.startswith(answer("card_limits", "pl"))
    assert not any("Tylko dla nas" in message.text for message in service.messenger.sent)


async def listened(service: Service, psid: str) -> bool:
    return service.product.outcomes(psid)[1:] == ["silent"]


async def test_a_complaint_gets_a_ticket_with_its_deadline(service: Service, desk: Desk, company: Company) -> None:
    psid = service.customer()
    await service.asks(psid, "Chcę złożyć reklamację", 2)
    taken, _ = await service.asks(psid, "Bankomat nie wypłacił 200 zł, a pieniądze zeszły z konta.", 2)
    reference = re.search(r"R-\d{4}-\w{6}", taken.text)
    assert reference is not None
    tickets = (await desk.get("/tickets?kind=complaint"))["tickets"]
    (ticket,) = [ticket for ticket in tickets if ticket["reference"] == reference[0]]
    received = datetime.fromisoformat(ticket["created_at"]).astimezone(UTC)
    assert ticket["due_on"] == due_on(company, "atm_problem", received).isoformat()


async def test_a_call_is_booked_with_the_phone_quick_reply(service: Service, desk: Desk) -> None:
    psid = service.customer()
    _, question = await service.asks(psid, "Proszę o telefon", 2)
    assert question.asks_phone
    assert await service.messenger.shares_phone(psid, "+48512345678") == 200
    (when,) = await service.hears(psid, 2)
    payload = next(payload for _, payload in when.buttons if "pick_time" in payload)
    assert await service.messenger.presses(psid, payload) == 200
    (booked,) = await service.hears(psid, 3)
    code = re.search(r"kod (\d{4})", booked.text)
    assert code is not None
    conversation_id = service.product.conversation_of(psid)
    calls = (await desk.get("/callbacks?status=waiting"))["callbacks"]
    (call,) = [call for call in calls if call["conversation_id"] == conversation_id]
    assert (call["phone"], call["code"]) == ("+48512345678", code[1])


async def test_get_started_says_how_to_begin(service: Service) -> None:
    psid = service.customer()
    assert await service.messenger.postback(psid, "GET_STARTED", "Rozpocznij") == 200
    introduction, help_ = await service.hears(psid, 0, 2)
    assert "asystent" in introduction.text
    assert help_.buttons


async def test_a_deep_link_opens_the_brand_and_it_stays(service: Service, answer: Answer) -> None:
    psid, messenger = service.customer(), service.messenger
    assert await messenger.deliver(messenger.event(psid, referral={"ref": "fala", "source": "SHORTLINK"})) == 200
    introduction, *_ = await service.hears(psid, 0, 2)
    assert "Fala" in introduction.text
    (said,) = await service.asks(psid, "jak zmienić limit karty")
    assert said.text.startswith(answer("card_limits", "pl", "fala"))


async def test_every_event_of_a_payload_is_answered_in_order(service: Service, answer: Answer) -> None:
    messenger, one, other = service.messenger, service.customer(), service.customer()
    events = [
        messenger.message_event(psid, text=text)
        for text in ("Jak zmienić limit karty?", "Как узнать номер своего счёта?")
        for psid in (one, other)
    ]
    assert await messenger.deliver(*events) == 200
    for psid in (one, other):
        _, first, second = await service.hears(psid, 0, 3)
        assert first.text.startswith(answer("card_limits", "pl"))
        assert second.text.startswith(answer("account_number", "ru"))


async def test_a_repeated_payload_is_stored_once_and_answered_once(service: Service) -> None:
    messenger, psid = service.messenger, service.customer()
    event = messenger.message_event(psid, text="Jak zmienić limit karty?")
    for _ in range(3):
        assert await messenger.deliver(event, event) == 200
    await service.hears(psid, 0, 2)
    await service.asks(psid, "Как узнать номер своего счёта?")
    assert len(messenger.messages(psid)) == 3
    assert service.product.outcomes(psid) == ["answer", "answer"]


async def test_receipts_reach_the_desk(service: Service, desk: Desk) -> None:
    psid = service.customer()
    sent = await service.asks(psid, "jak zmienić limit karty", 2)
    conversation = f"/conversations/{service.product.conversation_of(psid)}"

    async def states() -> list[str]:
        return [m["delivery"]["state"] for m in (await desk.get(conversation))["messages"] if m["delivery"]]

    async def are(expected: list[str]) -> bool:
        return await states() == expected

    await until(lambda: are(["sent", "sent"]), "the answers to be sent")
    assert await service.messenger.echoes(sent[0]) == 200  # of our own message: no person, no answer
    assert await service.messenger.delivered(psid, sent[0].mid) == 200
    assert await states() == ["delivered", "delivered"]  # and with it all before that moment
    assert await service.messenger.read(psid) == 200
    assert await states() == ["read", "read"]
    assert await service.messenger.delivered(psid, sent[0].mid) == 200  # late
    assert await states() == ["read", "read"]
    assert (await desk.get(conversation))["conversation"]["holder"] == "assistant"


async def test_when_a_person_answers_in_metas_inbox_the_assistant_falls_silent(service: Service, desk: Desk) -> None:
    psid = service.customer()
    await service.asks(psid, "jak zmienić limit karty", 2)
    assert await service.messenger.person_answers(psid, "Dzień dobry, tu Marek z centrali.") == 200
    detail = await desk.get(f"/conversations/{service.product.conversation_of(psid)}")
    assert (detail["conversation"]["holder"], detail["conversation"]["reason"]) == ("queue", "outside_reply")


async def test_beyond_the_reply_window_only_a_person_may_answer(service: Service, desk: Desk) -> None:
    psid = service.customer()
    await service.asks(psid, "chcę rozmawiać z człowiekiem", 2)
    conversation = f"/conversations/{service.product.conversation_of(psid)}"
    service.messenger.closes_window(psid)
    await desk.post(f"{conversation}/claim")

    async def refused() -> bool:
        delivery = (await desk.get(conversation))["messages"][-1]["delivery"]
        return bool(delivery["state"] == "failed" and delivery["reason"])

    await until(refused, "the refusal on the desk")
    assert len(service.messenger.messages(psid)) == 2


async def test_at_the_end_the_ledger_balances(service: Service) -> None:
    ledger = service.product.audit()
    assert (ledger["status"], ledger["findings"]) == (0, [])
    log = service.product.log.read_text(errors="replace")
    assert service.messenger.page_token not in log
    assert "512345678" not in log
