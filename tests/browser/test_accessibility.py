"""axe-core finds nothing to object to, in the widget and in the console, in any size and colour scheme."""

import re
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.company import ROOT
from tests.browser.conftest import Hire, Open
from tests.browser.people import DESKTOP, PATIENCE, PHONE, Customer
from tests.product import Product

AXE = ROOT / "handoff" / "console" / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"desktop": DESKTOP, "phone": PHONE}

Scheme = Literal["light", "dark"]
pytestmark = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not here; scripts/frontend fetches it")
every_size = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
every_scheme = pytest.mark.parametrize("scheme", ["light", "dark"])


def objections(page: Page) -> list[str]:
    """What axe-core objects to on the page as it is now: the rule, and where."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{AXE.read_text(encoding='utf-8')}\n;0")
    found: list[dict[str, Any]] = page.evaluate("axe.run().then((result) => result.violations)")
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]} ({node['failureSummary']})"
        for rule in found
        for node in rule["nodes"]
    ]


@every_size
@every_scheme
def test_the_widget(profile: Open, product: Product, size: ViewportSize, scheme: Scheme) -> None:
    page = profile(size, locale="pl-PL", color_scheme=scheme).new_page()
    page.goto(product.url)
    expect(page.locator("#brands a").first).to_be_visible()
    assert objections(page) == []
    for brand in ("modrzew", "fala"):
        ewa = Customer(page, f"{product.url}/demo/{brand}?lang=en")
        page.goto(ewa.address)
        expect(page.get_by_test_id("launcher")).to_be_visible()
        assert objections(page) == []
        ewa.open()
        ewa.say("hwo do i reset my pasword")
        ewa.hear("Did this help?")
        assert objections(page) == []
        ewa.press("No, it didn't")  # the buttons that rest now are judged, too
        ewa.hear("sorry")
        assert objections(page) == []


@every_size
@every_scheme
def test_the_console(console: Hire, profile: Open, product: Product, size: ViewportSize, scheme: Scheme) -> None:
    anna = console("Anna Nowak", size, color_scheme=scheme)
    page = anna.page
    a_full_desk(profile, product)
    expect(page.get_by_test_id("conversation-row").filter(has_text="Urgent").first).to_be_visible(timeout=PATIENCE)
    assert objections(page) == []
    page.get_by_test_id("conversation-row").first.click()
    expect(anna.messages.first).to_be_visible()
    assert objections(page) == []
    anna.claim()
    anna.write("Dzień dobry")
    anna.note("dzwoniła wczoraj")
    expect(anna.said("dzwoniła wczoraj", "note")).to_be_visible()
    expect(page.locator(".pending")).to_have_count(0)
    assert objections(page) == []
    if size == PHONE:
        page.get_by_role("button", name="Show details").click()
        expect(page.get_by_role("complementary")).to_be_visible()
        assert objections(page) == []
        page.keyboard.press("Escape")
    page.get_by_test_id("transfer").click()
    assert objections(page) == []
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.keyboard.press("Escape")
    page.goto(f"{product.url}/console#/callbacks")
    page.locator(".card").first.get_by_role("button", name="Log a call").click()
    assert objections(page) == []
    page.goto(f"{product.url}/console#/tickets")
    expect(page.locator(".card").first).to_be_visible()
    assert objections(page) == []
    page.get_by_role("button", name="settings").click()
    assert objections(page) == []
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert objections(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="settings").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_test_id("login-form")).to_be_visible()
    assert objections(page) == []


def a_full_desk(profile: Open, product: Product) -> None:
    """Customers enough that each list has something to show."""
    stories = (
        ("Zgubiłem kartę, co robić?", re.compile("pilne")),
        ("I want to complain, my transfer is a week late", re.compile("recorded")),
        ("Poproszę o telefon na numer 600 100 777, teraz", re.compile("poda kod|Kiedy zadzwonić")),
    )
    for words, answer in stories:
        jan = Customer(profile(locale="pl-PL").new_page(), f"{product.url}/demo/modrzew?lang=pl").visit()
        jan.say(words)
        if "Kiedy" in jan.hear(answer).inner_text():
            jan.press("Teraz")
            jan.hear("poda kod")
