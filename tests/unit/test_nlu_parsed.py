"""Rasa's parse data as our own words."""

from bot.nlu.parsed import understanding_of
from bot.types.understanding import Entity, Guess

PARSED = {
    "text": "zgubiłem kartę",
    "intent": {"name": "question", "confidence": 0.93},
    "intent_ranking": [],
    "triage": {"name": "question", "confidence": 0.93},
    "language": {"name": "pl", "certain": True},
    "topic": {"name": "card_block", "confidence": 0.8, "ranking": [{"name": "card_block", "confidence": 0.8}]},
    "entities": [{"entity": "amount", "value": "5.00 PLN", "start": 1, "end": 4, "extractor": "EntityFinder"}],
}


def test_a_message_that_was_understood() -> None:
    got = understanding_of(PARSED, "m.tar.gz")
    assert (got.language, got.language_certain, got.model) == ("pl", True, "m.tar.gz")
    assert (got.intent, got.intent_confidence) == ("question", 0.93)
    assert (got.topic, got.topic_confidence, got.topics) == ("card_block", 0.8, (Guess("card_block", 0.8),))
    assert got.entities == (Entity("amount", "5.00 PLN", 1, 4),)


def test_the_fallback_is_what_the_head_thought() -> None:
    unsure = {
        **PARSED,
        "intent": {"name": "nlu_fallback", "confidence": 0.6},
        "triage": {"name": "idea", "confidence": 0.4},
    }
    got = understanding_of(unsure, "m")
    assert (got.intent, got.intent_confidence) == ("idea", 0.4)


def test_a_button_has_an_intent_and_no_language() -> None:
    pressed = {
        "text": "/choose_topic",
        "intent": {"name": "choose_topic", "confidence": 1.0},
        "entities": [{"entity": "topic", "value": "card_pin", "start": 13, "end": 20}],
    }
    got = understanding_of(pressed, "m")
    assert (got.intent, got.topic, got.language_certain) == ("choose_topic", None, False)


def test_nothing_was_understood() -> None:
    got = understanding_of({"text": "", "intent": {"name": None, "confidence": 0.0}, "entities": []}, "m")
    assert (got.intent, got.intent_confidence, got.topics) == ("other", 0.0, ())
