"""Phones, amounts and last digits found by rule."""

from itertools import pairwise

import pytest

from bot.nlu.entities import find_entities


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("zadzwońcie na 601 234 567 o 17", [("phone", "+48601234567", "601 234 567")]),
        ("call me +44 20 7946 0958", [("phone", "+442079460958", "+44 20 7946 0958")]),
        (
            "pobrało mi 1 234,50 zł i 20 euro",
            [("amount", "1234.50 PLN", "1 234,50 zł"), ("amount", "20.00 EUR", "20 euro")],
        ),
        ("верните 3 000 рублей", [("amount", "3000.00 RUB", "3 000 рублей")]),
        ("$20.50 and €1,000", [("amount", "20.50 USD", "$20.50"), ("amount", "1000.00 EUR", "€1,000")]),
        ("pożyczka 5 tys zł", [("amount", "5000.00 PLN", "5 tys zł")]),
        ("karta kończąca się na 1234", [("card_last4", "1234", "1234")]),
        (
            "card ending in 4321 was charged 15 pounds",
            [("card_last4", "4321", "4321"), ("amount", "15.00 GBP", "15 pounds")],
        ),
        ("карта заканчивается на 7788", [("card_last4", "7788", "7788")]),
        ("moja [card …4242] nie działa", [("card_last4", "4242", "4242")]),
        ("przelew na [account …2874]", []),
        ("[PESEL …1359] i инн […7788]", []),
        ("mam 2 karty i 3 konta", []),
        ("PESEL 44051401359", []),
        ("", []),
    ],
)
def test_what_is_found(text: str, found: list[tuple[str, str, str]]) -> None:
    entities = find_entities(text)
    assert [(entity.kind, entity.value, text[entity.start : entity.end]) for entity in entities] == found


def test_the_region_reads_numbers_without_a_country() -> None:
    (entity,) = find_entities("020 7946 0958", region="GB")
    assert entity.value == "+442079460958"


def test_entities_never_overlap() -> None:
    entities = find_entities("tel. 601234567, *1234 oraz 601 zł, 100 zł 50 gr, 999 EUR")
    for before, after in pairwise(entities):
        assert before.end <= after.start
    assert {entity.kind for entity in entities} == {"phone", "card_last4", "amount"}
