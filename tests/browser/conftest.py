"""A running product and Debian's Chromium. Each person gets a browser profile of their own.

The product is started once for each test process: its worker alone costs ten seconds. Playwright's synchronous
interface keeps an event loop of its own running in this thread, so it lives no longer than a test file: the tests of
other folders have loops of theirs.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize

from tests.browser.chromium import find, started
from tests.browser.company import always_open
from tests.browser.people import DESKTOP, Console, Customer
from tests.product import Product

PASSWORD = "seven calm herons"

Open = Callable[..., BrowserContext]
Visit = Callable[..., Customer]
Hire = Callable[..., Console]


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Product]:
    """`okienko serve --demo`, with all teams at work, ready for customers."""
    folder = tmp_path_factory.mktemp("product")
    started = Product(folder / "var", {"OKIENKO_HOME": str(always_open(folder / "home"))})
    started.start()
    try:
        with ThreadPoolExecutor(1) as thread:  # a loop may be running in this one
            thread.submit(asyncio.run, started.ready()).result()
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    program = find()
    if program is None:
        pytest.skip("there is no Chromium on this machine (on Debian: apt-get install chromium)")
    with started(program) as chromium:
        yield chromium


@pytest.fixture
def profile(browser: Browser) -> Iterator[Open]:
    """Opens fresh browser profiles; a page's uncaught error or a refused resource fails the test."""
    opened: list[BrowserContext] = []
    faults: list[str] = []

    def open_one(size: ViewportSize | None = None, **options: Any) -> BrowserContext:
        context = browser.new_context(viewport=size or DESKTOP, **{"reduced_motion": "reduce", **options})
        context.on("weberror", lambda error: faults.append(str(error.error)))
        context.on(
            "console",
            lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None,
        )
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()
    assert faults == []


@pytest.fixture
def customer(profile: Open, product: Product) -> Visit:
    """Sits a customer down at a brand's demo page, with the chat open."""

    def sit_down(brand: str = "modrzew", language: str = "pl", size: ViewportSize | None = None) -> Customer:
        locale = {"pl": "pl-PL", "ru": "ru-RU", "en": "en-GB"}[language]
        page = profile(size, locale=locale).new_page()
        return Customer(page, f"{product.url}/demo/{brand}?lang={language}").visit()

    return sit_down


@pytest.fixture(scope="session")
def _logins(product: Product) -> Callable[[str], str]:
    numbers = itertools.count(1)

    def make(name: str) -> str:
        login = f"{name.split()[0].lower()}{next(numbers)}"
        made = product.command("agent", "add", login, "--role", "agent", "--name", name, text=PASSWORD + "\n")
        assert made.returncode == 0, made.stderr
        return login

    return make


@pytest.fixture
def console(profile: Open, product: Product, _logins: Callable[[str], str]) -> Hire:
    """Sits a new agent down at the console, logged in; `login` of what it returns names the account."""

    def hire(name: str = "Anna Nowak", size: ViewportSize | None = None, **options: Any) -> Console:
        context = profile(size, locale="en-GB", **options)
        return Console(context, product.url).log_in(_logins(name), PASSWORD)

    return hire
