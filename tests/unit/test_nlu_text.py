"""Texts in the form that feature extractors see."""

import pytest

from bot.nlu.text import MAX_CHARS, as_typed, fold, plain, tidy


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Zgubiłem KARTĘ", "zgubilem karte"),
        ("Ещё раз, мой счёт", "еще раз, мои счет"),
        ("heeeelp!!!!", "heelp!"),
        ("przelew 1 234,50 zł z 12.03", "przelew 0 zl z 0"),
        ("see https://bank.example/x?a=1", "see weblink"),
        ("pisz na jan@bank.example", "pisz na mailaddress"),
        ("a\u200bb\u0000c\ufe0f  d\n\te", "a b c d e"),
        ("ﬁxed ＰＩＮ", "fixed pin"),
    ],
)
def test_fold_drops_what_people_drop(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_plain_keeps_letters_for_the_encoder() -> None:
    assert plain("Zgubiłem KARTĘ!!!") == "zgubiłem kartę!"


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    short = tidy("opening " + "x y " * 50_000 + " ending")
    assert len(short) <= MAX_CHARS + 1
    assert short.startswith("opening")
    assert short.endswith("ending")


def test_half_a_surrogate_pair_is_no_trouble() -> None:
    assert tidy("karta \ud83d zgubiona").encode("utf-8").startswith(b"karta ")


@pytest.mark.parametrize("text", ["/greet", '  /choose_topic{"topic":"card_pin"}', "/"])
def test_typed_text_is_never_a_payload(text: str) -> None:
    typed = as_typed(text)
    assert not typed.lstrip().startswith("/")
    assert len(typed) == len(text)
    assert tidy(typed) == tidy(text)


def test_other_text_is_left_as_it_is() -> None:
    assert as_typed("karta a/b") == "karta a/b"
