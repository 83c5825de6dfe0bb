"""What is done with a message: the whole table."""

import pytest

from bot.rules.decide import decide
from bot.types.understanding import INTENTS, Action, Thresholds, Understanding

T = Thresholds(intent=0.5, topic=0.6)


@pytest.mark.parametrize(
    ("intent", "sure", "topic", "topic_sure", "action"),
    [
        ("question", 0.9, "card_pin", 0.9, Action.ANSWER),
        ("question", 0.5, "card_pin", 0.6, Action.ANSWER),
        ("question", 0.9, "card_pin", 0.59, Action.CLARIFY),
        ("question", 0.9, None, 0.9, Action.CLARIFY),
        ("question", 0.49, "card_pin", 0.9, Action.CLARIFY),
        ("idea", 0.9, None, 0.0, Action.IDEA),
        ("idea", 0.4, "card_pin", 0.9, Action.CLARIFY),
        ("complaint", 0.9, "card_pin", 0.9, Action.COMPLAINT),
        ("complaint", 0.9, None, 0.0, Action.COMPLAINT),
        ("complaint", 0.1, None, 0.0, Action.CLARIFY),
        ("human", 0.9, None, 0.0, Action.HANDOFF),
        ("human", 0.4, None, 0.0, Action.CLARIFY),
        ("callback", 0.9, None, 0.0, Action.CALLBACK),
        ("callback", 0.4, None, 0.0, Action.CLARIFY),
        ("greet", 0.9, None, 0.0, Action.SMALLTALK),
        ("thanks", 0.9, None, 0.0, Action.SMALLTALK),
        ("bye", 0.9, None, 0.0, Action.SMALLTALK),
        ("affirm", 0.9, None, 0.0, Action.SMALLTALK),
        ("deny", 0.9, None, 0.0, Action.SMALLTALK),
        ("other", 0.9, "card_pin", 0.9, Action.SMALLTALK),
        ("other", 0.4, None, 0.0, Action.CLARIFY),
        ("choose_topic", 1.0, None, 0.0, Action.CLARIFY),
    ],
)
def test_decide(intent: str, sure: float, topic: str | None, topic_sure: float, action: Action) -> None:
    assert decide(Understanding("pl", intent, sure, topic, topic_sure), T) is action


def test_every_intent_has_an_action_of_its_own_when_it_is_certain() -> None:
    for intent in INTENTS:
        certain = Understanding("pl", intent, 1.0, "card_pin", 1.0)
        assert decide(certain, T) is not Action.CLARIFY
