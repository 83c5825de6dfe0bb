"""kill -9 of every part in the middle of its work: afterwards each customer's message has had exactly one turn, and its
answers arrived exactly once.

The parts are shot at real moments: when the database shows a lease that is held, when a platform has been asked to take
a message. Nothing here waits for luck; a shot that came too late is taken again.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count

import pytest
import pytest_asyncio
from redis import Redis

from tests.product import Product, Widget, until
from tests.serving import Serve
from tests.simulators.platform import Failure
from tests.simulators.telegram import TelegramSimulator

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400), pytest.mark.slow]

QUESTIONS = ("Jak zmienić limit karty?", "Как узнать номер своего счёта?", "How do I change my card limit?")


@dataclass
class Customers:
    """Some at the widget and some on Telegram; what each is owed is in the database, what each got is with them."""

    product: Product
    telegram: TelegramSimulator
    widgets: dict[str, Widget]
    chats: "count[int]" = field(default_factory=lambda: count(501))
    sessions: "count[int]" = field(default_factory=lambda: count(1))
    asked: int = 0

    async def newcomers(self, stack: AsyncExitStack, number: int) -> tuple[list[Widget], list[int]]:
        """So many at the widget, and as many on Telegram."""
        sessions = [f"session-{next(self.sessions)}" for _ in range(number)]
        widgets = [await stack.enter_async_context(Widget(self.product.url, session=one)) for one in sessions]
        self.widgets |= dict(zip(sessions, widgets, strict=True))
        return widgets, [next(self.chats) for _ in range(number)]

    async def ask(self, widgets: list[Widget], chats: list[int]) -> None:
        """Everybody asks all questions at once."""
        for question in QUESTIONS:
            await asyncio.gather(*(widget.say(question) for widget in widgets))
            await self.telegram.customers_say(*((chat, question) for chat in chats))
        self.asked += len(QUESTIONS) * (len(widgets) + len(chats))

    async def are_served(self) -> None:
        """Waits for the end of all work; then every message has one turn and every answer arrived once."""
        await self.product.settled(self.asked)
        turns = self.product.rows("SELECT message_id FROM turns")
        messages = self.product.rows("SELECT id FROM messages WHERE author = 'customer'")
        assert len(messages) == self.asked
        assert sorted(row["message_id"] for row in turns) == sorted(row["id"] for row in messages)
        for contact, owed in self._owed().items():
            if contact in self.widgets:
                assert await self._widget_got(contact, len(owed)) == owed
            else:
                got = [message.text for message in await self.telegram.wait_for_messages(int(contact), len(owed))]
                assert list(dict.fromkeys(got)) == owed
                # the one case in which nobody can know: the ledger says so
                assert {text for text, times in Counter(got).items() if times > 1} <= self._doubtful(contact)

    def _owed(self) -> dict[str, list[str]]:
        """What was said to each, in order: nothing twice, and an answer to each question."""
        owed: dict[str, list[str]] = {}
        for row in self.product.rows(
            "SELECT external_id, text, in_reply_to FROM messages"
            " JOIN conversations ON conversations.id = conversation_id JOIN contacts ON contacts.id = contact_id"
            " WHERE author = 'assistant' ORDER BY messages.id"
        ):
            owed.setdefault(row["external_id"], []).append(row["text"])
        for texts in owed.values():
            assert len(texts) == len(QUESTIONS) + 1  # and the introduction
            assert max(Counter(texts).values()) == 1
        return owed

    def _doubtful(self, contact: str) -> set[str]:
        """What may have reached a contact twice, by the ledger."""
        query = "SELECT text FROM messages JOIN deliveries ON message_id = id WHERE uncertain AND recipient = ?"
        return {row["text"] for row in self.product.rows(query, contact)}

    async def _widget_got(self, session: str, number: int) -> list[str]:
        widget = self.widgets[session]
        await widget.hear_messages(number)
        ids = [message["id"] for message in widget.messages]
        assert ids == sorted(set(ids))
        return [message["text"] for message in widget.messages]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def customers(serve: Serve) -> AsyncIterator[Customers]:
    async with TelegramSimulator() as telegram:
        settings = {"OKIENKO_TELEGRAM_API": telegram.address, "OKIENKO_TELEGRAM_TOKEN": telegram.token}
        async with serve(**settings) as product:
            await product.ready()
            yield Customers(product, telegram, {})


def leases(product: Product) -> list[str]:
    return [row["lease"] for row in product.rows("SELECT lease FROM conversations WHERE lease IS NOT NULL")]


async def catch_in_a_turn(product: Product) -> int:
    """Stops the worker while it holds a lease and does not write; its process id."""
    async with asyncio.timeout(90):
        while True:
            (worker,) = await until(lambda: one_worker(product), "a worker")
            if not leases(product):
                await asyncio.sleep(0)
                continue
            os.kill(worker, signal.SIGSTOP)
            if leases(product) and product.change("UPDATE conversations SET lease = lease"):
                return worker  # it holds the lease still: it is in the middle of the turn
            os.kill(worker, signal.SIGCONT)


async def one_worker(product: Product) -> list[int]:
    return product.parts("worker")


async def new_part(product: Product, name: str, old: int) -> bool:
    return bool(set(product.parts(name)) - {old})


async def test_kill_of_the_worker_in_the_middle_of_turns(customers: Customers) -> None:
    async with AsyncExitStack() as stack:
        asking = asyncio.create_task(customers.ask(*await customers.newcomers(stack, 4)))
        for _ in range(2):
            worker = await catch_in_a_turn(customers.product)
            os.kill(worker, signal.SIGKILL)
            await until(lambda old=worker: new_part(customers.product, "worker", old), "another worker")  # type: ignore[misc]
        await asking
        await customers.are_served()


async def test_a_worker_that_was_only_stopped_disturbs_nobody(customers: Customers) -> None:
    """It wakes up after its lease was taken from it, and tries to write."""
    async with AsyncExitStack() as stack:
        asking = asyncio.create_task(customers.ask(*await customers.newcomers(stack, 3)))
        product = customers.product
        worker = await catch_in_a_turn(product)
        # as a worker does that starts on this machine while this one seems dead
        assert product.change("UPDATE conversations SET lease = NULL, lease_until = NULL WHERE lease IS NOT NULL")
        os.kill(worker, signal.SIGCONT)
        await asking
        await customers.are_served()


async def test_kill_of_web_in_the_middle_of_deliveries(customers: Customers) -> None:
    """Telegram cannot take anything at that moment, so that many deliveries are under way; the widgets lose their
    connections."""
    product, telegram = customers.product, customers.telegram
    async with AsyncExitStack() as stack:
        widgets, chats = await customers.newcomers(stack, 3)
        telegram.fail("sendMessage", Failure(500, {"ok": False, "error_code": 500, "description": "ill"}, times=6))
        asking = asyncio.create_task(customers.ask(widgets, chats))
        await until(lambda: waiting_for_telegram(product), "deliveries that wait")
        web = product.kill_part("web")
        await until(lambda: new_part(product, "web", web), "another web process")
        await asking
        await customers.are_served()


async def waiting_for_telegram(product: Product) -> bool:
    return bool(
        product.rows("SELECT 1 FROM deliveries WHERE channel = 'telegram' AND attempts > 0 AND state = 'stored'")
    )


async def test_kill_and_emptying_of_valkey_lose_nothing(customers: Customers) -> None:
    product = customers.product
    async with AsyncExitStack() as stack:
        widgets, chats = await customers.newcomers(stack, 3)
        asking = asyncio.create_task(customers.ask(widgets, chats))
        with Redis(unix_socket_path=str(valkey_socket(product))) as redis:
            redis.flushall()
        killed = product.kill_part("valkey")
        await until(lambda: new_part(product, "valkey", killed), "another Valkey")
        await asking
        await customers.are_served()


def valkey_socket(product: Product) -> str:
    (pid,) = product.parts("valkey")
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        line = file.read().decode()
    return line.partition("unixsocket:")[2].rstrip("\0 ") or str(product.var / "valkey.sock")


async def test_kill_of_everything_in_the_middle_of_turns(customers: Customers) -> None:
    product = customers.product
    async with AsyncExitStack() as stack:
        widgets, chats = await customers.newcomers(stack, 4)
        asking = asyncio.create_task(customers.ask(widgets, chats))
        await catch_in_a_turn(product)
        product.kill()
        assert leases(product)
        product.start()
        await product.ready()
        await asking
        await customers.are_served()


async def test_kill_of_everything_while_messages_come_in(customers: Customers) -> None:
    """What was not acknowledged is sent again, with the same id, as the widget and Telegram do; it is stored once."""
    product = customers.product
    async with AsyncExitStack() as stack:
        widgets, chats = await customers.newcomers(stack, 3)
        await customers.telegram.customers_say(*((chat, QUESTIONS[0]) for chat in chats))
        for number, widget in enumerate(widgets):
            await widget.send(QUESTIONS[0], f"id-{number}")  # and nobody waits for the acknowledgement
        product.kill()
        product.start()
        for number, widget in enumerate(widgets):
            await widget.say(QUESTIONS[0], f"id-{number}")
        for question in QUESTIONS[1:]:
            await asyncio.gather(*(widget.say(question) for widget in widgets))
            await customers.telegram.customers_say(*((chat, question) for chat in chats))
        customers.asked += len(QUESTIONS) * (len(widgets) + len(chats))
        await customers.are_served()


async def test_at_the_end_the_ledger_balances(customers: Customers) -> None:
    ledger = customers.product.audit()
    assert (ledger["findings"], ledger["status"]) == ([], 0)
    assert ledger["sums"]["turns"] == customers.asked


async def test_an_attempt_that_nobody_can_judge_is_repeated_and_told(customers: Customers) -> None:
    """Telegram holds a message in its hands when everything dies. It arrives twice, and the ledger admits the doubt."""
    product, telegram = customers.product, customers.telegram
    before = sum(note["count"] for note in product.audit()["notes"])
    chat = next(customers.chats)
    telegram.hold()
    await telegram.customers_say((chat, QUESTIONS[0]))
    customers.asked += 1
    await telegram.wait_until(lambda: telegram.held > 0, "a message in Telegram's hands")
    product.kill()
    telegram.let_go()
    (taken,) = await telegram.wait_for_messages(chat, 1)
    assert product.change("UPDATE deliveries SET lease_until = '2020-01-01' WHERE state = 'sending'")  # time passes
    product.start()
    await product.ready()
    await product.settled(customers.asked)
    introduction, again, said = telegram.messages(chat)
    assert introduction.text == again.text == taken.text != said.text
    ledger = product.audit()
    assert (ledger["findings"], ledger["status"]) == ([], 0)
    assert [(note["kind"], note["count"]) for note in ledger["notes"]] == [("uncertain", before + 1)]
