"""The two sides as they sit before their screens: a customer at the widget, an agent at the console."""

import re
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, ViewportSize, expect

PATIENCE = 60_000  # ms; an answer takes less than one second, a busy machine more
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}


class Customer:
    """A browser window with a page that has the widget."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.panel = page.get_by_test_id("panel")
        self.messages = self.panel.get_by_test_id("message")

    def visit(self) -> "Customer":
        """Loads the page and opens the chat."""
        self.page.goto(self.address)
        return self.open()

    def open(self) -> "Customer":
        """Opens the chat."""
        self.page.get_by_test_id("launcher").click()
        expect(self.panel).to_be_visible()
        return self

    def write(self, text: str) -> None:
        """Writes a message, whether it leaves or not."""
        self.panel.get_by_test_id("input").fill(text)
        self.panel.get_by_test_id("send").click()
        expect(self.spoken("customer").last).to_contain_text(text)

    def say(self, text: str) -> None:
        """Writes a message and waits until the server has it."""
        self.write(text)
        expect(self.spoken("customer").last).to_have_attribute("data-state", "sent")

    def spoken(self, author: str) -> Locator:
        """All messages of an author: customer, assistant, agent or system."""
        return self.panel.locator(f'[data-testid="message"][data-author="{author}"]')

    def hear(self, words: str | re.Pattern[str], author: str = "assistant") -> Locator:
        """Waits for a message with these words."""
        message = self.spoken(author).filter(has_text=words).last
        expect(message).to_be_visible(timeout=PATIENCE)
        return message

    def press(self, title: str | re.Pattern[str]) -> None:
        """Presses an offered button."""
        self.panel.get_by_test_id("button").filter(has_text=title).and_(self.page.locator(":enabled")).last.click(
            timeout=PATIENCE
        )

    def texts(self) -> list[str]:
        """What the messages say, in the order on the screen."""
        return self.messages.locator(".bubble").all_inner_texts()


class Console:
    """A browser window with the agents' console."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page: Page = context.new_page()
        self.context = context
        self._url = url
        self.messages = self.page.get_by_test_id("message")
        self.reply_box = self.page.get_by_test_id("reply")

    def log_in(self, login: str, password: str) -> "Console":
        """Signs in; the list of waiting customers shows."""
        self.page.goto(f"{self._url}/console")
        self.page.get_by_test_id("login").fill(login)
        self.page.get_by_test_id("password").fill(password)
        self.page.get_by_test_id("submit").click()
        expect(self.page.get_by_test_id("tab-queue")).to_have_attribute("aria-selected", "true")
        return self

    def row(self, conversation: int) -> Locator:
        """The conversation's row in the list."""
        return self.page.locator(f'[data-testid="conversation-row"][data-id="{conversation}"]')

    def tab(self, name: str) -> None:
        """Chooses a tab of the list: queue, me, assistant, all, resolved."""
        self.page.get_by_test_id(f"tab-{name}").click()
        expect(self.page.get_by_test_id(f"tab-{name}")).to_have_attribute("aria-selected", "true")

    def open(self, conversation: int) -> None:
        """Opens a conversation from the list that is shown."""
        self.row(conversation).click(timeout=PATIENCE)
        expect(self.row(conversation)).to_have_attribute("aria-current", "true")
        expect(self.messages.first).to_be_visible()

    def claim(self) -> None:
        """Takes the open conversation."""
        self.page.get_by_test_id("claim").click()
        expect(self.page.get_by_test_id("resolve")).to_be_visible()

    def write(self, text: str) -> None:
        """Sends what stands in the reply box (a reply or a note, whichever is chosen)."""
        self.reply_box.fill(text)
        self.page.get_by_test_id("send").click()
        expect(self.reply_box).to_have_value("")

    def note(self, text: str) -> None:
        """Leaves a note and goes back to replying."""
        modes = self.page.locator(".composer .segmented button")
        modes.last.click()
        self.write(text)
        modes.first.click()

    def said(self, words: str, author: str) -> Locator:
        """The message with these words in the open conversation."""
        return self.page.locator(f'[data-testid="message"][data-author="{author}"]').filter(has_text=words)

    def ask(self, path: str) -> Any:
        """What the API answers to the agent who is logged in here."""
        token = self.page.evaluate("sessionStorage.getItem('okienko.token')")
        answer = self.context.request.get(f"{self._url}/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
        assert answer.ok, answer.text()
        return answer.json()

    def newest_conversation(self) -> int:
        """The id of the conversation that began last."""
        found = self.ask("/conversations?holder=any&status=open&limit=200")["conversations"]
        return max(int(conversation["id"]) for conversation in found)
