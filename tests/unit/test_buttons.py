"""Which button a customer meant."""

import pytest

from bot.rules.buttons import pressed
from bot.types.message import Button

YES = Button("Tak, dziękuję!", '/affirm{"about": "helped"}')
NO = Button("Nie", "/deny")
TOPIC = Button("Как узнать номер счёта?", '/ask{"topic": "account_number"}')
OFFERED = (YES, NO, TOPIC)


@pytest.mark.parametrize(
    ("text", "button"),
    [
        ("Tak, dziękuję!", YES),
        ("tak, dziękuję", YES),
        ("  TAK,   DZIĘKUJĘ!!! ", YES),
        ("nie", NO),
        ("Nie.", NO),
        ("как узнать номер счёта", TOPIC),
        (NO.payload, NO),
        (f" {YES.payload} ", YES),
        # a payload is an order: nothing becomes one by its looks
        ("/deny{}", None),
        ("/DENY", None),
        ('/ask{"topic": "mortgage"}', None),
        ("/human", None),
        # more or less than the title is not the title
        ("Tak", None),
        ("nie, nie pomogło", None),
        ("", None),
        ("   ", None),
        ("?!…", None),
    ],
)
def test_pressed(text: str, button: Button | None) -> None:
    assert pressed(text, OFFERED) == button


def test_nothing_offered_nothing_pressed() -> None:
    assert pressed("nie", ()) is None


def test_a_button_without_letters_is_not_pressed_by_silence() -> None:
    assert pressed("", (Button("…", "/more"),)) is None


def test_the_first_of_two_with_one_title() -> None:
    assert pressed("nie", (NO, Button("NIE", "/other"))) == NO
