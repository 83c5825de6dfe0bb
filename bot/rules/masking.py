"""Numbers that nobody at the desk needs: masked before they reach storage, understanding, agents or training data.

Card numbers (Luhn, 13 to 19 digits), IBANs (mod 97), PESEL (check digit), INN after the word. The last four digits
stay, so that people can still tell which one is meant. Phone numbers stay: a callback needs them.
"""

import re

from stdnum import iban, luhn
from stdnum.pl import pesel
from stdnum.ru import inn

_DIGITS = re.compile(r"(?<![\w+])\d(?:[ -]?\d){12,18}(?!\w)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){2,8}\b", re.IGNORECASE)
_POLISH_ACCOUNT = re.compile(r"(?<![\w+])\d{2}(?: ?\d{4}){6}(?!\w)")
_PESEL = re.compile(r"(?<![\w+])\d{11}(?!\w)")
_INN = re.compile(r"((?:инн|inn)\W{0,3})(\d{10}|\d{12})(?!\w)", re.IGNORECASE)


def _tail(digits: str) -> str:
    return re.sub(r"\W", "", digits)[-4:]


def _card(match: re.Match[str]) -> str:
    return f"[card …{_tail(match[0])}]" if luhn.is_valid(re.sub(r"\D", "", match[0])) else match[0]


def _iban(match: re.Match[str]) -> str:
    return f"[account …{_tail(match[0])}]" if iban.is_valid(match[0]) else match[0]


def _polish_account(match: re.Match[str]) -> str:
    return f"[account …{_tail(match[0])}]" if iban.is_valid("PL" + match[0]) else match[0]


def _pesel(match: re.Match[str]) -> str:
    return f"[PESEL …{_tail(match[0])}]" if pesel.is_valid(match[0]) else match[0]


def _inn(match: re.Match[str]) -> str:
    return f"{match[1]}[…{_tail(match[2])}]" if inn.is_valid(match[2]) else match[0]


def mask(text: str) -> str:
    """The text with such numbers replaced, for example `[card …4242]`."""
    if sum(character.isdigit() for character in text) < 10:
        return text
    text = _IBAN.sub(_iban, text)
    text = _POLISH_ACCOUNT.sub(_polish_account, text)
    text = _DIGITS.sub(_card, text)
    text = _PESEL.sub(_pesel, text)
    return _INN.sub(_inn, text)
