"""Cutting long texts into messages."""

import pytest

from bot.rules.split import split_text, utf16_length

FLAG_OF_PARTS = "👩\u200d👩\u200d👧"  # one emoji of five characters, 8 UTF-16 units


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("", 10, [""]),
        ("krótko", 10, ["krótko"]),
        ("  tak jak jest  ", 20, ["  tak jak jest  "]),  # what fits is not touched
        ("0123456789", 10, ["0123456789"]),
        ("jeden\n\ndwa. trzy", 12, ["jeden", "dwa. trzy"]),  # a paragraph goes before a sentence
        ("jeden\n \t\ndwa. trzy", 12, ["jeden", "dwa. trzy"]),
        ("Raz. Dwa! Trzy razy", 10, ["Raz. Dwa!", "Trzy razy"]),  # a sentence before a word
        ("Czy „tak?” Nie wiem", 12, ["Czy „tak?”", "Nie wiem"]),  # a closing quote stays with its sentence
        ("- raz dwa\n- trzy", 12, ["- raz dwa", "- trzy"]),  # lines of a list
        ("ab. cdefghij klmnop", 14, ["ab. cdefghij", "klmnop"]),  # a tiny sentence is no place to cut
        ("jeden dwa trzy", 10, ["jeden dwa", "trzy"]),
        ("jeden dwatrzycztery", 9, ["jeden", "dwatrzycz", "tery"]),  # a word that fits nowhere
        ("kwota 1.50 zł dziś", 11, ["kwota 1.50", "zł dziś"]),  # a point within a number ends nothing
        ("aaaa     \n\n   bbbb", 6, ["aaaa", "bbbb"]),
        ("😀😀😀", 4, ["😀😀", "😀"]),  # two units each
        ("😀😀😀", 5, ["😀😀", "😀"]),  # never through a pair
        ("abc" + "e\u0301" + "f", 4, ["abc", "e\u0301f"]),  # an accent stays with its letter
        ("ab" + "👍🏽" + "c", 5, ["ab", "👍🏽c"]),  # a skin tone with its hand
        ("ab" + FLAG_OF_PARTS, 8, ["ab", FLAG_OF_PARTS]),
        ("\u0301" * 6, 4, ["\u0301" * 4, "\u0301" * 2]),  # nothing but marks: cut all the same
        ("שלום עולם טוב", 9, ["שלום עולם", "טוב"]),
        ("a" + " " * 30 + "b", 8, ["a", "b"]),
        (" " * 30, 8, []),
    ],
)
def test_split(text: str, limit: int, parts: list[str]) -> None:
    assert split_text(text, limit) == parts


@pytest.mark.parametrize("limit", [2, 7, 64, 4096])
@pytest.mark.parametrize("text", ["Zgubiłem kartę. Co robić? " * 400, "😱" * 5000, "x\n\n" * 3000, "שלום 😀 " * 900])
def test_parts_fit_and_lose_nothing_but_white_space(text: str, limit: int) -> None:
    parts = split_text(text, limit)

    assert all(0 < utf16_length(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_no_room_for_an_emoji() -> None:
    with pytest.raises(ValueError, match="limit >= 2"):
        split_text("😀", 1)
