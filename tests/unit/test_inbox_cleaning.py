"""What reaches storage of what customers send: bounded, storable, masked."""

from datetime import UTC, datetime

import pytest

from bot.inbox import LONGEST_TEXT, cleaned
from bot.types.message import EventKind, InboundEvent

CARD = "4242 4242 4242 4242"
IBAN = "PL61 1090 1014 0000 0712 1981 2874"


def event(text: str = "", *, payload: str = "", name: str = "") -> InboundEvent:
    return InboundEvent(
        channel="webchat",
        external_id="1",
        kind=EventKind.TEXT,
        sender="s",
        sent_at=datetime(2026, 3, 4, tzinfo=UTC),
        text=text,
        payload=payload,
        name=name,
    )


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Zgubiłem kartę", "Zgubiłem kartę"),
        ("  a\n\tb  ", "a\n\tb"),
        ("ka\x00rta", "karta"),
        ("\x00", ""),
        ("\x1b[31mred\x07", "[31mred"),
        ("a\x85b\r\n", "ab"),
        ("a\ud83db", "ab"),  # half an emoji
        ("\udc00", ""),
        ("😀 👩‍👩‍👧 👍🏽 🇵🇱", "😀 👩‍👩‍👧 👍🏽 🇵🇱"),  # joiners, skin tones and flags stay whole
        ("שלום עולם \u200fمرحبا", "שלום עולם \u200fمرحبا"),
        ("e\u0301", "e\u0301"),
        (f"karta {CARD} zginęła", "karta [card …4242] zginęła"),
        ("4242\x004242\x0042424242", "[card …4242]"),  # what hides a number is gone before it is masked
    ],
)
def test_texts(text: str, clean: str) -> None:
    result = cleaned(event(text)).text
    assert result == clean
    result.encode()  # a lone surrogate could not be


def test_a_very_long_text_is_cut() -> None:
    text = cleaned(event("ż" * 100_000)).text
    assert text == "ż" * LONGEST_TEXT


@pytest.mark.parametrize("number", [CARD, IBAN, CARD.replace(" ", ""), IBAN.replace(" ", "")])
@pytest.mark.parametrize("masks_before", [0, 40])
def test_a_number_over_the_cut_does_not_survive(number: str, masks_before: int) -> None:
    """Wherever the cut goes, no more of the number's digits than its last four are kept."""
    begin = f"{IBAN}, " * masks_before
    kept_of_begin = len(cleaned(event(begin + "x")).text) - 1
    digits = "".join(character for character in number if character.isdigit())
    for offset in range(-5, len(number) + 5):
        # the number begins `offset` characters before the place where the text is cut
        filling = "x" * (LONGEST_TEXT - kept_of_begin - offset - 1) + " "
        text = cleaned(event(begin + filling + number + " end")).text
        assert len(text) <= LONGEST_TEXT
        end = "".join(character for character in text[kept_of_begin:] if character.isdigit())
        assert end in digits[-4:] or end == ""


def test_a_number_over_any_cut_after_many_masks_does_not_survive() -> None:
    """Masks make the text shorter: what lay beyond the cut moves before it."""
    text = f"{IBAN}, " * 2_000
    clean = cleaned(event(text)).text
    assert "1090" not in clean
    assert len(clean) == LONGEST_TEXT


def test_payloads_and_names_are_cleaned_too() -> None:
    clean = cleaned(event("x", payload="/ask\x00" + "y" * 2_000, name="  Ewa\x00\ud83d  "))
    assert clean.payload == "/ask" + "y" * 996
    assert clean.name == "Ewa"


def test_nothing_else_is_touched() -> None:
    plain = event("Dzień dobry", payload="/greet", name="Ewa")
    assert cleaned(plain) == plain
