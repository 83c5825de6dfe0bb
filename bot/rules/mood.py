"""Whether a customer is angry enough for a person to take over."""

from collections.abc import Iterable

SHOUTED_LETTERS = 15  # fewer capitals are an abbreviation or a name
SHOUTED_SHARE = 0.8


def is_angry(text: str, stems: Iterable[str]) -> bool:
    """Whether the text swears (a word begins with one of `stems`, lower case) or shouts (capitals with "!")."""
    words = [word.strip(".,!?…:;()\"'«»„”") for word in text.casefold().split()]
    known = tuple(stems)
    if known and any(word.startswith(known) for word in words):
        return True
    letters = [character for character in text if character.isalpha()]
    capitals = sum(character.isupper() for character in letters)
    return "!" in text and len(letters) >= SHOUTED_LETTERS and capitals >= SHOUTED_SHARE * len(letters)
