"""Which payloads are orders."""

import pytest

from bot.rules.payload import Order, read


@pytest.mark.parametrize(
    ("payload", "order"),
    [
        ("/human", Order("human", {})),
        ('/choose_topic{"topic":"card_pin"}', Order("choose_topic", {"topic": "card_pin"})),
        ('/pick_time{"moment": "now"}', Order("pick_time", {"moment": "now"})),
        ("/restart", None),
        ("/session_start", None),
        ("/back", None),
        ("/", None),
        ("/x;y", None),
        ("human", None),
        ("/question", None),
        ('/human{"topic":"card_pin"}', None),
        ('/choose_topic{"topic":["card_pin"]}', None),
        ('/choose_topic{"topic":', None),
        ("/choose_topic{}", None),
        ('/choose_topic{"topic":"a","moment":"now"}', None),
    ],
)
def test_only_our_own_buttons_are_obeyed(payload: str, order: Order | None) -> None:
    assert read(payload) == order
