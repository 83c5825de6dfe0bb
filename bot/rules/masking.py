"""Numbers that nobody at the desk needs: masked before they reach storage, understanding, agents or training data.

Card numbers (Luhn, 13 to 19 digits), IBANs (mod 97), PESEL (check digit), INN after the word. The last four digits
stay, so that people can still tell which one is meant. Phone numbers stay: a callback needs them.

People write other things right behind and before a number (`4242 4242 4242 4242 12/27`), so a number is looked for at
every group of digits, in the shapes in which it is printed.
"""

import re
from collections.abc import Callable

from stdnum import iban, luhn
from stdnum.pl import pesel
from stdnum.ru import inn

_GAP = r"[ \u00a0\u2009\u202f.\-\u2013]"  # what people and their phones put between groups
_GAPS = _GAP + "{1,2}"


def _starting(*shapes: str) -> re.Pattern[str]:
    """Finds a shape at every place where a number may start, also inside of another find."""
    return re.compile(rf"(?<![\d+])(?=({'|'.join(shapes)})(?!\d))", re.ASCII)


#: Cards as they are printed, the commonest first: 4-4-4-4, 4-6-5, 4-6-4, 4-4-4-4-3; then those without gaps.
_CARDS = (
    _starting(rf"[2-6]\d{{3}}(?:{_GAPS}\d{{4}}){{3}}"),
    _starting(rf"3\d{{3}}{_GAPS}\d{{6}}{_GAPS}\d{{4,5}}"),
    _starting(rf"[5-6]\d{{3}}(?:{_GAPS}\d{{4}}){{3}}{_GAPS}\d{{1,3}}"),
    _starting(r"\d{13,19}"),
)
_IBAN = re.compile(
    rf"(?<![^\W_])(?=([A-Z]{{2}}{_GAP}?\d{{2}}(?:{_GAP}?[A-Z0-9]{{1,4}}){{2,8}}))", re.IGNORECASE | re.ASCII
)
_WORD = re.compile(r"[A-Z0-9]+", re.IGNORECASE | re.ASCII)
_POLISH_ACCOUNT = re.compile(rf"(?<![\d+])\d{{2}}(?:{_GAP}?\d{{4}}){{6}}(?!\d)")
_PESEL = re.compile(r"(?<![\d+])\d{11}(?!\d)")
_INN = re.compile(r"((?:инн|inn)\W{0,3})(\d{10}|\d{12})(?!\d)", re.IGNORECASE)


def _tail(digits: str) -> str:
    return _compact(digits)[-4:]


def _compact(text: str) -> str:
    return "".join(_WORD.findall(text))


def _replace(pattern: re.Pattern[str], text: str, name: str, length: Callable[[str], int]) -> str:
    """The text with what the pattern finds masked, where `length(found)` says how much of it is a number (0 = none)."""
    parts, done = [], 0
    for match in pattern.finditer(text):
        taken = length(match[1]) if match.start() >= done else 0
        if taken:
            parts.append(f"{text[done : match.start()]}[{name} …{_tail(match[1][:taken])}]")
            done = match.start() + taken
    return "".join(parts) + text[done:]


def _card_length(found: str) -> int:
    return len(found) if luhn.is_valid(_compact(found)) else 0


def _account_length(found: str) -> int:
    # the words that follow look like groups of it: the longest part up to a word's end that is an account
    ends = [word.end() for word in _WORD.finditer(found)]
    return next((end for end in reversed(ends) if _is_account(_compact(found[:end]))), 0)


def _is_account(text: str) -> bool:
    if not 15 <= len(text) <= 34:
        return False
    # the check digits first: the full test is ten times slower, and there is one at every word
    number = int("".join(str(int(character, 36)) for character in text[4:] + text[:4]))
    return number % 97 == 1 and iban.is_valid(text)


def _polish_account(match: re.Match[str]) -> str:
    return f"[account …{_tail(match[0])}]" if iban.is_valid("PL" + _compact(match[0])) else match[0]


def _pesel(match: re.Match[str]) -> str:
    return f"[PESEL …{_tail(match[0])}]" if pesel.is_valid(match[0]) else match[0]


def _inn(match: re.Match[str]) -> str:
    return f"{match[1]}[…{_tail(match[2])}]" if inn.is_valid(match[2]) else match[0]


def mask(text: str) -> str:
    """The text with such numbers replaced, for example `[card …4242]`."""
    if sum(character.isdigit() for character in text) < 10:
        return text
    text = _replace(_IBAN, text, "account", _account_length)
    text = _POLISH_ACCOUNT.sub(_polish_account, text)
    for shape in _CARDS:
        text = _replace(shape, text, "card", _card_length)
    text = _PESEL.sub(_pesel, text)
    return _INN.sub(_inn, text)
