"""Makes the README's pictures from the running product: `scripts/pictures`.

The same two sides as in the tests, customers at the widget (and a few on a simulated Telegram) and an agent at the
console, play a short scene; nothing on the pictures is made up by other means.
"""

import asyncio
import sys
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser import chromium
from tests.browser.company import ROOT, always_open
from tests.browser.conftest import PASSWORD
from tests.browser.people import DESKTOP, PATIENCE, PHONE, Console, Customer
from tests.product import Product
from tests.simulators.telegram import TelegramSimulator

PICTURES = ROOT / "docs" / "pictures"
LOGIN = "anna.nowak"
LARGEST = 200_000  # bytes; a README loads on a phone, too
TELEGRAM = (
    (501, "Ewa", "Zielińska", "pl", "Przelew nie doszedł od trzech dni, proszę o kontakt z człowiekiem"),
    (502, "Олег", "Бондарь", "ru", "Позовите специалиста, пожалуйста"),
    (503, "Marek", "Wilk", "pl", "oddzwońcie jutro o 10 na 601 234 567"),
    (504, "Grace", "Miller", "en", "Please call me back at +48 602 345 678 tomorrow at 15:30"),
)

T = TypeVar("T")


class Aside:
    """An event loop of its own in a thread: Playwright's synchronous interface occupies this one."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of the coroutine."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def stop(self) -> None:
        """Ends the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextmanager
def stage(folder: Path, aside: Aside) -> Iterator[tuple[Product, TelegramSimulator]]:
    """The product, ready, with an agent's account, and its customers' Telegram."""
    telegram = aside.run(TelegramSimulator().__aenter__())
    product = Product(
        folder / "var",
        {
            "OKIENKO_HOME": str(always_open(folder / "home")),
            "OKIENKO_TELEGRAM_TOKEN": telegram.token,
            "OKIENKO_TELEGRAM_API": telegram.address,
            "OKIENKO_TELEGRAM_MODE": "polling",
        },
    )
    product.start()
    try:
        aside.run(product.ready())
        made = product.command("agent", "add", LOGIN, "--role", "agent", "--name", "Anna Nowak", text=PASSWORD + "\n")
        assert made.returncode == 0, made.stderr
        yield product, telegram
    finally:
        product.stop()
        aside.run(telegram.__aexit__(None, None, None))


def take(page: Page, name: str) -> None:
    """Saves what the window shows."""
    page.evaluate("document.fonts.ready")
    page.mouse.move(0, 0)
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path, animations="disabled", caret="hide")
    size = path.stat().st_size
    sys.stdout.write(f"{path.relative_to(ROOT)}: {size // 1000} kB\n")
    assert size < LARGEST, f"{path} is too large for a README"


def window(browser: Browser, locale: str, size: ViewportSize = DESKTOP, scale: float = 1) -> Page:
    """A fresh browser profile in Warsaw."""
    return browser.new_context(
        viewport=size, locale=locale, timezone_id="Europe/Warsaw", reduced_motion="reduce", device_scale_factor=scale
    ).new_page()


def write_on_telegram(telegram: TelegramSimulator, aside: Aside) -> None:
    """Each writes once, and is answered before the next one writes."""
    for chat, first, last, language, words in TELEGRAM:
        person = {"id": chat, "is_bot": False, "first_name": first, "last_name": last, "language_code": language}
        aside.run(telegram.customer_says(chat, words, **{"from": person}))
        aside.run(telegram.wait_for_messages(chat, 2))  # the introduction and the answer


def play(browser: Browser, product: Product, telegram: TelegramSimulator, aside: Aside) -> None:
    """The scene, with a picture at each turn of it."""
    ada = Customer(window(browser, "ru-RU", PHONE, 1.5), f"{product.url}/demo/fala?lang=ru").visit()
    ada.say("Как изменить лимит карты?")
    ada.hear("Это помогло")
    take(ada.page, "widget-phone")

    ola = Customer(window(browser, "pl-PL"), f"{product.url}/demo/modrzew?lang=pl").visit()
    ola.say("Jak sprawdzić numer konta?")
    ola.hear("Czy to pomogło")
    take(ola.page, "demo-page")

    ada.say("Перезвоните мне, пожалуйста: +48 603 456 789")
    ada.press("Сейчас")
    ada.hear("код")
    write_on_telegram(telegram, aside)
    tom = Customer(window(browser, "en-GB"), f"{product.url}/demo/fala?lang=en").visit()
    tom.say("I want to complain, my transfer is a week late")
    tom.hear("recorded")
    jan = Customer(window(browser, "pl-PL"), f"{product.url}/demo/modrzew?lang=pl").visit()
    jan.say("Zgubiłem kartę, co robić?")
    jan.hear("pilne")

    anna = Console(window(browser, "en-GB").context, product.url).log_in(LOGIN, PASSWORD)
    urgent = anna.newest_conversation()
    expect(anna.page.get_by_test_id("conversation-row")).to_have_count(4, timeout=PATIENCE)
    anna.open(urgent)
    take(anna.page, "console-queue")

    anna.claim()
    anna.write("Dzień dobry, panie Janie. Karta jest już zastrzeżona, nikt nią nie zapłaci.")
    anna.note("Karta zastrzeżona, nowa zamówiona na adres domowy.")
    jan.hear("zastrzeżona", "agent")
    jan.say("Uff, dziękuję! Kiedy przyjdzie nowa?")
    expect(anna.said("Kiedy przyjdzie nowa?", "customer")).to_be_visible(timeout=PATIENCE)
    anna.tab("me")
    expect(anna.row(urgent)).to_be_visible()
    expect(anna.page.locator(".pending, .toast")).to_have_count(0)
    anna.reply_box.fill("Kurier przywiezie ją w ciągu pięciu dni roboczych.")
    take(anna.page, "console-conversation")

    anna.page.get_by_test_id("callbacks-tab").click()
    expect(anna.page.locator(".card")).to_have_count(3)
    take(anna.page, "console-callbacks")


def main() -> int:
    """Makes all pictures anew."""
    program = chromium.find()
    if program is None:
        sys.stderr.write("scripts/pictures: there is no Chromium here (on Debian: apt-get install chromium)\n")
        return 2
    PICTURES.mkdir(parents=True, exist_ok=True)
    aside = Aside()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            stage(Path(folder), aside) as (product, telegram),
            chromium.started(program) as browser,
        ):
            play(browser, product, telegram, aside)
    finally:
        aside.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
