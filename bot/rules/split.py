"""Cuts a long text into messages: at the end of a paragraph, else of a sentence, else of a word.

Lengths are UTF-16 units, as Telegram and Meta count them: most emoji are two. A cut never goes through a surrogate
pair (Python's characters are whole ones) nor between a letter and its combining marks or the parts of a joined emoji.
"""

import re
import unicodedata

# where a part may end: each matches up to the white space that is dropped there
_PARAGRAPH = re.compile(r"(?=\n[ \t]*\n)")
_SENTENCE = re.compile(r"[.!?…]+[\"'»\u201d\u2019)\]]*(?=\s)|(?=\n)")
_WORD = re.compile(r"(?=\s)")
#: A paragraph or sentence may end a part only from here on, as a share of the limit: else parts get tiny.
_FILLED = 0.25
_JOINER = "\u200d"


def utf16_length(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def split_text(text: str, limit: int) -> list[str]:
    """The text in parts of at most `limit` UTF-16 units, never an empty one; only white space at the cuts is dropped.

    A text that fits is returned as it is. Raises ValueError for a limit below 2 (one emoji).
    """
    if limit < 2:
        raise ValueError("a part must have room for one character outside the basic plane: limit >= 2")
    if utf16_length(text) <= limit:
        return [text]
    parts = []
    rest = text.strip()
    while utf16_length(rest) > limit:
        cut = _cut(rest, _fitting(rest, limit))
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*parts, rest] if rest else parts


def _fitting(text: str, limit: int) -> int:
    """How many characters from the start fit."""
    units = 0
    for index, character in enumerate(text):
        units += 2 if character > "\uffff" else 1
        if units > limit:
            return index
    return len(text)


def _cut(text: str, end: int) -> int:
    """Where to cut a text that begins with a word, at `end` or before."""
    window = text[: end + 2]  # with the white space that may follow the last fitting character
    for pattern, least in ((_PARAGRAPH, end * _FILLED), (_SENTENCE, end * _FILLED), (_WORD, 1)):
        ends = [match.end() for match in pattern.finditer(window) if max(least, 1) <= match.end() <= end]
        if ends:
            return ends[-1]
    return _whole_character(text, end)


def _whole_character(text: str, end: int) -> int:
    """The last place up to `end` that does not tear a character from its marks; `end` where there is none."""
    for place in range(end, 0, -1):
        if not _belongs(text[place - 1], text[place]):
            return place
    return end


def _belongs(before: str, after: str) -> bool:
    """Whether a joiner, a combining mark or an emoji's skin tone ties the two together."""
    return _JOINER in (before, after) or unicodedata.category(after)[0] == "M" or "\U0001f3fb" <= after <= "\U0001f3ff"
