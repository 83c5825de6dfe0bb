"""A customer at the demo pages: answers in three languages, buttons, reload, reconnect, a phone."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Open, Visit
from tests.browser.people import PATIENCE, PHONE, Customer
from tests.product import Product

SOCKET = re.compile("/channels/webchat/ws")
QUESTIONS = {
    "pl": ("Zgubiłem kartę, co robić?", "Zastrzeż"),
    "ru": ("Как узнать номер своего счёта?", "IBAN"),
    "en": ("hwo do i reset my pasword", "Forgot password"),
}


def has_no_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("language", QUESTIONS)
@pytest.mark.parametrize("brand", ["modrzew", "fala"])
def test_each_brand_answers_in_each_language(customer: Visit, brand: str, language: str) -> None:
    question, answer = QUESTIONS[language]
    ewa = customer(brand, language)
    ewa.say(question)
    ewa.hear(brand.capitalize())  # it introduces itself
    ewa.hear(answer)


def test_the_language_follows_the_customer_and_not_the_page(customer: Visit) -> None:
    ewa = customer("modrzew", "pl")
    ewa.say(QUESTIONS["ru"][0])
    ewa.hear("Номер счёта")


def test_a_reload_keeps_the_history(customer: Visit) -> None:
    ewa = customer("modrzew", "en")
    ewa.say(QUESTIONS["en"][0])
    ewa.hear(QUESTIONS["en"][1])
    before = ewa.texts()
    assert len(before) == 3  # the question, the introduction, the answer
    ewa.visit()
    expect(ewa.messages).to_have_count(len(before))
    assert ewa.texts() == before


def test_another_visitor_sees_nothing_of_it(customer: Visit) -> None:
    ewa = customer("modrzew", "en")
    ewa.say("hello there")
    jan = customer("modrzew", "en")
    jan.say("good morning")
    jan.hear("Modrzew")
    assert not any("hello there" in text for text in jan.texts())


def test_a_pressed_button_is_answered_and_then_rests(customer: Visit) -> None:
    ewa = customer("fala", "en")
    ewa.say(QUESTIONS["en"][0])
    ewa.hear("Did this help?")
    ewa.press("No, it didn't")
    expect(ewa.spoken("customer").last).to_contain_text("No, it didn't")
    ewa.hear("sorry")
    pressed = ewa.panel.get_by_test_id("button").filter(has_text=re.compile("Yes|No, it")).all()
    assert len(pressed) == 2
    for button in pressed:
        expect(button).to_be_disabled()
    expect(ewa.panel.get_by_test_id("button").filter(has_text="Talk to a person")).to_be_enabled()


def test_enter_sends_and_escape_closes(customer: Visit) -> None:
    ewa = customer("modrzew", "en")
    ewa.page.keyboard.type("thank you")  # the focus is in the box already
    ewa.page.keyboard.press("Enter")
    expect(ewa.spoken("customer")).to_contain_text("thank you")
    ewa.page.keyboard.press("Escape")
    expect(ewa.panel).to_be_hidden()
    expect(ewa.page.get_by_test_id("launcher")).to_be_focused()


def test_a_message_written_without_connection_goes_out_once_later(customer: Visit) -> None:
    ewa = customer("modrzew", "en")
    lines: list[WebSocketRoute] = []
    cut = False

    def connect(line: WebSocketRoute) -> None:
        lines.append(line)
        if cut:
            line.close()
        else:
            line.connect_to_server()

    ewa.page.route_web_socket(SOCKET, connect)
    ewa.visit()
    ewa.say("hello")
    ewa.hear("Modrzew")
    cut = True
    lines[-1].close()
    ewa.write(QUESTIONS["en"][0])
    unsent = ewa.spoken("customer").last
    expect(unsent).to_have_attribute("data-state", "failed")
    expect(ewa.panel.get_by_text("No connection")).to_be_visible()
    ewa.page.reload()  # it is kept across a reload, too
    ewa.open()
    cut = False
    expect(unsent).to_have_attribute("data-state", "sent", timeout=PATIENCE)
    ewa.hear(QUESTIONS["en"][1])
    expect(ewa.spoken("customer")).to_have_count(2)


def test_what_the_server_cannot_read_is_not_sent_again(customer: Visit) -> None:
    sent: list[str | bytes] = []

    def spoil(line: WebSocketRoute) -> None:
        server = line.connect_to_server()

        def spoilt(frame: str | bytes) -> None:
            sent.append(frame)
            server.send(json.dumps({**json.loads(frame), "text": 7}))

        line.on_message(spoilt)

    ewa = customer("modrzew", "en")
    ewa.page.route_web_socket(SOCKET, spoil)
    ewa.visit()
    ewa.write("hello")
    expect(ewa.spoken("customer")).to_have_attribute("data-state", "refused")
    expect(ewa.spoken("customer")).to_contain_text("Not sent")
    assert ewa.page.evaluate("localStorage.getItem('okienko.modrzew.unsent')") == "[]"
    ewa.visit()
    expect(ewa.messages).to_have_count(0)
    assert len(sent) == 1


@pytest.mark.parametrize("brand", ["modrzew", "fala"])
def test_a_phone(customer: Visit, brand: str) -> None:
    ewa = customer(brand, "ru", PHONE)
    box = ewa.panel.bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, PHONE["width"], PHONE["height"])
    ewa.say(QUESTIONS["ru"][0])
    ewa.hear(QUESTIONS["ru"][1])
    for element in (
        ewa.panel.get_by_test_id("input"),
        ewa.panel.get_by_test_id("send"),
        ewa.panel.get_by_test_id("close"),
    ):
        expect(element).to_be_in_viewport(ratio=1)
    assert has_no_sideways_scroll(ewa.page)
    ewa.panel.get_by_test_id("close").click()
    expect(ewa.panel).to_be_hidden()
    assert has_no_sideways_scroll(ewa.page)


def test_the_first_page_leads_to_the_brands(profile: Open, product: Product) -> None:
    page = profile(PHONE).new_page()
    page.goto(product.url)
    expect(page.locator("#brands a")).to_have_text(["MModrzewmodrzew.example", "FFalafala.example"])
    assert has_no_sideways_scroll(page)
    page.locator("#brands a").first.click()
    expect(page.get_by_test_id("launcher")).to_be_visible()


@contextmanager
def site(page: str) -> Iterator[str]:
    """Another web server with one page; its address."""

    class Bank(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Bank) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_it_works_in_another_site(profile: Open, product: Product) -> None:
    """The script, the brands and the socket are asked for from a page of another origin."""
    script = f'<script src="{product.url}/widget.js" data-brand="fala" data-lang="en" crossorigin></script>'
    with site(f'<!doctype html><link rel="icon" href="data:,"><body>{script}') as address:
        jan = Customer(profile(locale="en-GB").new_page(), address)
        jan.page.goto(address)
        # before anybody has opened the chat, the brand's colour comes from the list of brands
        jan.page.wait_for_function(
            "document.querySelector('#okienko-widget')?.style.getPropertyValue('--brand') === '#3b4fd8'"
        )
        jan.open()
        jan.say("hello")
        jan.hear("Fala")
