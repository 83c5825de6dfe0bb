"""One way to write a message: what every feature extractor sees instead of the raw text.

Customers type without capitals, without diacritics, with stretched letters and pasted reference numbers. Two forms are
made of a message: `plain` keeps the letters as they are (for the sentence encoder, which was trained on real text), and
`fold` drops what people drop (diacritics, digits' values), so that "zgubiłem kartę" and "zgubilem karte" are one thing.
"""

import re
import unicodedata

#: Longer messages are cut in the middle: the matter stands in the opening or at the end, and time stays bounded.
MAX_CHARS = 1200

_INVISIBLE = re.compile(r"[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0f]+")
_STRETCHED = re.compile(r"(\w)\1{2,}")
_REPEATED_MARK = re.compile(r"([!?.,])\1+")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_MAIL = re.compile(r"\S+@\S+\.\w+")
_NUMBER = re.compile(r"\d[\d\s.,\-]*\d|\d")
_COMBINING = re.compile(r"[\u0300-\u036f]")
# letters that Unicode does not decompose; й is decomposed to и on purpose: people type it so
_UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "’": "'", "`": "'"})


def tidy(text: str) -> str:
    """The text with compatibility forms, invisible characters and white space made regular, and its length bounded."""
    if len(text) > 4 * MAX_CHARS:  # before the work below, which is linear in the length
        text = f"{text[: 2 * MAX_CHARS]} {text[-2 * MAX_CHARS :]}"
    if not text.isascii():
        # half a surrogate pair is no character, and libraries refuse it
        text = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode("utf-8"))
    text = " ".join(_INVISIBLE.sub(" ", text).split())
    if len(text) > MAX_CHARS:
        half = MAX_CHARS // 2
        text = f"{text[:half]} {text[-half:]}"
    return text


def plain(text: str) -> str:
    """The lower-case form for the sentence encoder: letters kept, stretched letters and marks shortened."""
    text = tidy(text).lower()
    text = _STRETCHED.sub(r"\1\1", text)
    return _REPEATED_MARK.sub(r"\1", text)


def fold(text: str) -> str:
    """The form for word and character n-grams: no capitals, no diacritics, numbers as 0, links and addresses named."""
    text = plain(text)
    if "@" in text or "/" in text or "www" in text:
        text = _MAIL.sub("mailaddress", _LINK.sub("weblink", text))
    text = _NUMBER.sub("0", text)
    if not text.isascii():
        text = _COMBINING.sub("", unicodedata.normalize("NFD", text)).translate(_UNDECOMPOSED)
    return text


def as_typed(text: str) -> str:
    """A customer's own words, made harmless for Rasa, which takes a text that begins with "/" for a button's payload.

    The slash becomes its full-width twin: places in the text stay, and `tidy` reads it as the same character.
    """
    lead = text[: len(text) - len(text.lstrip())]
    return f"{lead}\uff0f{text[len(lead) + 1 :]}" if text.startswith("/", len(lead)) else text
