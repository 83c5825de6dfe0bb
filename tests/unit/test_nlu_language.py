"""Which language a message is in."""

import pytest

from bot.nlu.language import Spoken, detect


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Zgubiłem kartę, co robić?", Spoken("pl", True)),
        ("jak zmienic pin do karty", Spoken("pl", True)),
        ("Как узнать номер своего счёта?", Spoken("ru", True)),
        ("kak uznat nomer scheta", Spoken("ru", True)),
        ("hwo do i reset my pasword", Spoken("en", True)),
        ("how long is the code valid", Spoken("en", True)),
    ],
)
def test_a_sentence_is_certain(text: str, spoken: Spoken) -> None:
    assert detect(text) == spoken


@pytest.mark.parametrize("text", ["ok", "BLIK", "карта", "łał", "12345", "", "👍👍", "a b", "\ud83d"])
def test_a_word_or_less_is_not_certain(text: str) -> None:
    assert not detect(text).certain


def test_a_word_in_cyrillic_is_russian_all_the_same() -> None:
    assert detect("здравствуйте").name == "ru"
