"""Agents at the console, each story with a real customer at the widget."""

import re

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.browser.conftest import PASSWORD, Hire, Open, Visit
from tests.browser.people import PATIENCE, PHONE, Console, Customer
from tests.product import Product

HUMAN = "chcę rozmawiać z człowiekiem"


def ask_for_a_person(ewa: Customer, desk: Console, words: str = HUMAN) -> int:
    """The customer asks; the conversation's id, once it is in the queue."""
    ewa.say(words)
    ewa.hear(re.compile("konsultant|colleague|people|специалист", re.IGNORECASE))
    conversation = desk.newest_conversation()
    expect(desk.row(conversation)).to_be_visible(timeout=PATIENCE)
    return conversation


def test_a_wrong_password_is_told(profile: Open, product: Product) -> None:
    page = profile(locale="en-GB").new_page()
    page.goto(f"{product.url}/console")
    page.get_by_test_id("login").fill("nobody")
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("submit").click()
    expect(page.get_by_role("alert")).to_have_text("That login and password do not match.")
    expect(page.get_by_test_id("login-form")).to_be_visible()


def test_a_login_lives_as_long_as_its_tab(console: Hire) -> None:
    anna = console()
    anna.page.reload()
    expect(anna.page.get_by_test_id("tab-queue")).to_be_visible()
    other = anna.context.new_page()
    other.goto(anna.page.url)
    expect(other.get_by_test_id("login-form")).to_be_visible()
    anna.page.get_by_role("button", name="settings").click()
    anna.page.get_by_role("button", name="Sign out").click()
    expect(anna.page.get_by_test_id("login-form")).to_be_visible()


def test_from_the_question_to_the_assistant_again(console: Hire, customer: Visit) -> None:
    anna = console("Anna Nowak")
    anna.page.evaluate("window.since = 'the login'")
    ewa = customer("modrzew", "pl")
    conversation = ask_for_a_person(ewa, anna)
    expect(anna.row(conversation)).to_contain_text(HUMAN)
    expect(anna.row(conversation)).to_contain_text("Wants a person")
    assert anna.page.evaluate("window.since") == "the login"  # the row came by itself

    anna.open(conversation)
    expect(anna.said(HUMAN, "customer")).to_contain_text("Wants a person")  # what the assistant understood
    anna.claim()
    anna.write("Dzień dobry, w czym mogę pomóc?")
    ewa.hear("Dzień dobry, w czym mogę pomóc?", "agent")
    expect(ewa.spoken("agent").locator(".who")).to_have_text("Anna")  # the first name, and no more

    anna.note("klientka od dziesięciu lat")
    expect(anna.said("klientka od dziesięciu lat", "note")).to_be_visible()
    ewa.say("Chodzi o kartę")
    expect(anna.said("Chodzi o kartę", "customer")).to_be_visible(timeout=PATIENCE)
    assert not any("dziesięciu lat" in text for text in ewa.texts())
    assert len(ewa.spoken("assistant").all()) == 2  # it keeps out of this

    anna.page.get_by_test_id("resolve").click()
    expect(anna.page.get_by_text("Conversation resolved")).to_be_visible()
    anna.tab("resolved")
    expect(anna.row(conversation)).to_be_visible()
    ewa.say("Jak sprawdzić numer konta?")
    ewa.hear("numer")
    expect(ewa.spoken("assistant").last).to_contain_text(re.compile("Czy to pomogło", re.IGNORECASE), timeout=PATIENCE)
    ewa.visit()
    assert not any("dziesięciu lat" in text for text in ewa.texts())


def test_the_customer_sees_that_the_agent_types(console: Hire, customer: Visit) -> None:
    anna, ewa = console(), customer("fala", "en")
    anna.open(ask_for_a_person(ewa, anna, "I want to talk to a person"))
    anna.claim()
    expect(ewa.page.get_by_test_id("typing")).to_be_hidden()
    anna.reply_box.press_sequentially("Good ")
    expect(ewa.page.get_by_test_id("typing")).to_be_visible()
    anna.write("Good evening")
    ewa.hear("Good evening", "agent")
    expect(ewa.page.get_by_test_id("typing")).to_be_hidden()


def test_returned_to_the_assistant(console: Hire, customer: Visit) -> None:
    anna, ewa = console(), customer("modrzew", "en")
    conversation = ask_for_a_person(ewa, anna, "I want to talk to a person")
    anna.open(conversation)
    anna.claim()
    anna.page.get_by_test_id("return").click()
    expect(anna.page.get_by_text("Returned to the assistant")).to_be_visible()
    anna.tab("assistant")
    expect(anna.row(conversation)).to_be_visible()
    ewa.say("hwo do i reset my pasword")
    ewa.hear("Forgot password")


def test_transfer_to_a_team_and_to_an_agent(console: Hire, customer: Visit) -> None:
    anna, jan, ewa = console("Anna Nowak"), console("Jan Lis"), customer()
    conversation = ask_for_a_person(ewa, anna)
    anna.open(conversation)
    anna.claim()
    expect(jan.row(conversation)).to_have_count(0)  # nobody waits any more

    anna.page.get_by_test_id("transfer").click()
    anna.page.get_by_label("Loans team").check()
    anna.page.get_by_test_id("transfer-submit").click()
    expect(anna.page.get_by_role("dialog")).to_have_count(0)
    expect(jan.row(conversation)).to_contain_text("Loans team")

    jan.open(conversation)
    jan.claim()
    jan.page.get_by_test_id("transfer").click()
    jan.page.get_by_label("Or to an agent").fill("nobody.like.this")
    jan.page.get_by_test_id("transfer-submit").click()
    expect(jan.page.locator(".toast.error")).to_contain_text("nobody.like.this")
    login = str(anna.ask("/me")["agent"]["login"])
    jan.page.get_by_label("Or to an agent").fill(login)
    jan.page.get_by_test_id("transfer-submit").click()
    expect(jan.page.get_by_role("dialog")).to_have_count(0)
    anna.tab("me")
    expect(anna.row(conversation)).to_be_visible()
    expect(anna.page.get_by_test_id("resolve")).to_be_visible()


def test_a_second_agent_is_told_who_was_quicker(console: Hire, customer: Visit) -> None:
    anna, jan, ewa = console("Anna Nowak"), console("Jan Lis"), customer()
    deaf = re.compile("/api/v1/live")
    jan.page.route_web_socket(deaf, lambda line: None)  # so that Jan's screen shows what was
    jan.page.reload()
    conversation = ask_for_a_person(ewa, anna)
    jan.page.reload()
    jan.open(conversation)
    anna.open(conversation)
    anna.claim()
    jan.page.get_by_test_id("claim").click()
    expect(jan.page.locator(".toast.warning")).to_have_text("Anna Nowak holds this conversation now.")
    expect(jan.page.get_by_test_id("claim")).to_have_count(0)
    expect(jan.page.get_by_test_id("reply")).to_have_count(0)


def test_what_a_lost_connection_missed_comes_after_it(console: Hire, customer: Visit) -> None:
    anna, ewa = console(), customer()
    lines: list[WebSocketRoute] = []
    cut = False

    def connect(line: WebSocketRoute) -> None:
        lines.append(line)
        if cut:
            line.close()
        else:
            line.connect_to_server()

    anna.page.route_web_socket(re.compile("/api/v1/live"), connect)
    anna.page.reload()
    conversation = ask_for_a_person(ewa, anna)
    anna.open(conversation)
    cut = True
    lines[-1].close()
    ewa.say("i jeszcze jedno")
    expect(anna.page.get_by_text("Connection lost")).to_be_visible()
    expect(anna.said("i jeszcze jedno", "customer")).to_have_count(0)
    cut = False
    expect(anna.said("i jeszcze jedno", "customer")).to_be_visible(timeout=PATIENCE)


def test_the_keyboard_is_enough(console: Hire, customer: Visit) -> None:
    anna, ewa = console(), customer()
    conversation = ask_for_a_person(ewa, anna)
    chosen = anna.page.locator('[data-testid="conversation-row"][aria-current="true"]')
    keys = anna.page.keyboard
    keys.press("j")
    expect(chosen).to_have_count(1)
    for _ in range(anna.page.get_by_test_id("conversation-row").count()):
        if chosen.get_attribute("data-id") == str(conversation):
            break
        before = chosen.get_attribute("data-id")
        keys.press("j")
        expect(chosen).not_to_have_attribute("data-id", str(before))
    expect(anna.row(conversation)).to_have_attribute("aria-current", "true")
    keys.press("c")
    expect(anna.page.get_by_test_id("resolve")).to_be_visible()
    keys.press("Escape")  # out of the reply box, where the claim has put the focus
    keys.press("r")
    expect(anna.reply_box).to_be_focused()
    keys.type("Już patrzę")
    keys.press("Enter")
    ewa.hear("Już patrzę", "agent")
    keys.press("Escape")
    keys.press("?")
    expect(anna.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    keys.press("Escape")
    keys.press("e")
    expect(anna.page.get_by_text("Conversation resolved")).to_be_visible()


def test_two_brands_are_told_apart(console: Hire, customer: Visit) -> None:
    anna = console()
    colours = {}
    for brand, name in (("modrzew", "Modrzew"), ("fala", "Fala")):
        conversation = ask_for_a_person(customer(brand), anna)
        expect(anna.row(conversation).locator(".row-brand")).to_have_text(name)
        dot = anna.row(conversation).locator(".brand-dot")
        colours[brand] = dot.evaluate("(dot) => getComputedStyle(dot).backgroundColor")
        anna.open(conversation)
        expect(anna.page.get_by_role("complementary")).to_contain_text(name)
    assert colours["modrzew"] != colours["fala"]


def test_an_urgent_customer_comes_first(console: Hire, customer: Visit) -> None:
    anna = console()
    ask_for_a_person(customer(), anna)
    jan = customer()
    jan.say("Zgubiłem kartę, co robić?")
    jan.hear("pilne")
    urgent = anna.newest_conversation()
    expect(anna.row(urgent)).to_contain_text("Urgent", timeout=PATIENCE)
    rows = anna.page.get_by_test_id("conversation-row")
    marks = ["Urgent" in text for text in rows.all_inner_texts()]
    assert marks == sorted(marks, reverse=True)


def test_a_promised_call_is_made(console: Hire, customer: Visit) -> None:
    anna, ewa = console(), customer("fala", "pl")
    anna.page.get_by_test_id("callbacks-tab").click()
    ewa.say("Poproszę o telefon na numer 600 100 237")
    ewa.hear("Kiedy zadzwonić?")
    ewa.press("Teraz")
    promise = ewa.hear("poda kod").inner_text()
    code = re.search(r"poda kod (\d{4})", promise)
    assert code is not None
    card = anna.page.locator(".card").filter(has_text="+48 600 100 237")
    expect(card).to_contain_text(code[1], timeout=PATIENCE)  # the list grew by itself
    expect(card.locator('a[href="tel:+48600100237"]')).to_be_visible()

    card.get_by_role("button", name="Log a call").click()
    card.get_by_label("Busy").check()
    card.get_by_label("Note").fill("oddzwonić później")
    card.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("oddzwonić później")
    card.get_by_role("button", name="Log a call").click()
    card.get_by_label("Reached").check()
    card.get_by_role("button", name="Save").click()
    expect(card).to_have_count(0)
    anna.page.get_by_role("button", name="Done").click()
    expect(card).to_contain_text("done")


def test_complaints_and_ideas_are_listed(console: Hire, customer: Visit) -> None:
    anna = console()
    ewa, jan = customer("modrzew", "en"), customer("fala", "en")
    ewa.say("I want to complain, my transfer is a week late")
    complaint = re.search(r"R-\d{4}-\w+", ewa.hear("recorded").inner_text())
    jan.say("It would be great to have a dark theme in the app")
    idea = re.search(r"I-\d{4}-\w+", jan.hear("noted").inner_text())
    assert complaint is not None
    assert idea is not None

    anna.page.get_by_test_id("tickets-tab").click()
    card = anna.page.locator(".card")
    expect(card.filter(has_text=complaint[0]).locator(".due")).to_be_visible()
    expect(card.filter(has_text=idea[0])).to_have_count(0)
    anna.page.get_by_role("button", name="Ideas").click()
    expect(card.filter(has_text=idea[0])).to_contain_text("dark theme")
    card.filter(has_text=idea[0]).get_by_role("button", name="Close").click()
    expect(card.filter(has_text=idea[0])).to_have_count(0)
    anna.page.get_by_role("button", name="Closed").click()
    expect(card.filter(has_text=idea[0])).to_be_visible()
    card.filter(has_text=idea[0]).get_by_role("link", name="Open conversation").click()
    expect(anna.said("dark theme", "customer")).to_be_visible()


def test_a_suggested_answer_goes_into_the_reply(console: Hire, customer: Visit) -> None:
    anna, ewa = console(), customer()
    ewa.say("Zgubiłem kartę, co robić?")
    ewa.hear("pilne")
    anna.open(anna.newest_conversation())
    anna.claim()
    anna.page.get_by_text("Blokada karty").click()
    anna.page.get_by_role("button", name="Insert").click()
    expect(anna.reply_box).to_have_value(re.compile("Zablokuj kartę od razu"))
    expect(anna.reply_box).to_be_focused()


@pytest.mark.parametrize("language", ["pl", "ru"])
def test_the_console_speaks_the_agents_language(console: Hire, language: str) -> None:
    anna = console()
    words = {"pl": ("Polski", "Czekają"), "ru": ("Русский", "Ждут")}
    anna.page.get_by_role("button", name="settings").click()
    anna.page.get_by_role("button", name=words[language][0]).click()
    expect(anna.page.get_by_test_id("tab-queue")).to_contain_text(words[language][1])
    anna.page.reload()
    expect(anna.page.get_by_test_id("tab-queue")).to_contain_text(words[language][1])


def test_on_a_phone_list_and_conversation_are_two_screens(console: Hire, customer: Visit) -> None:
    anna, ewa = console(size=PHONE), customer()
    conversation = ask_for_a_person(ewa, anna)
    anna.row(conversation).click()
    expect(anna.row(conversation)).to_be_hidden()
    anna.claim()
    anna.write("Dzień dobry")
    ewa.hear("Dzień dobry", "agent")
    for name in ("return", "transfer", "resolve", "reply", "send"):
        expect(anna.page.get_by_test_id(name)).to_be_in_viewport(ratio=1)
    anna.page.get_by_role("button", name="Show details").click()
    expect(anna.page.get_by_role("complementary")).to_contain_text("Modrzew")
    anna.page.keyboard.press("Escape")
    expect(anna.page.get_by_role("complementary")).to_be_hidden()
    anna.page.get_by_role("link", name="Back to the list").click()
    anna.tab("me")
    expect(anna.row(conversation)).to_be_visible()
    assert anna.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
