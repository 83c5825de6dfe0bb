"""What can be taken from a message by rule: phone numbers, amounts of money, a card's last four digits.

Each kind has one finder; a place in the text belongs to one entity only, and phone numbers go first, because they are
checked most strictly (a number that no network has is not one).
"""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

import phonenumbers

from bot.types.understanding import Entity

#: Characters of a message that are looked at, so that a pasted book costs no more than a long message.
_READ = 4000

_DIGITS_OF_A_PHONE = re.compile(r"\d(?:[\s().\-]{0,2}\d){6}")

_NUMBER = r"\d{1,3}(?:[ \u00a0.,]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_CURRENCIES = {
    "PLN": r"zł(?:ot\w+)?|zl(?:ot\w+)?|pln|злот\w+|зл",
    "EUR": r"eur(?:os?|\w?)?|€|евро",
    "USD": r"usd|dol(?:ar\w*|lars?)?|bucks|\$|долл?\w*|бакс\w*",
    "GBP": r"gbp|funt\w*|pounds?|quid|£|фунт\w*",
    "RUB": r"rub(?:l\w*)?|₽|руб\w*",
}
_ANY_CURRENCY = "|".join(f"(?P<{code}>{words})" for code, words in _CURRENCIES.items())
_AMOUNT = re.compile(
    rf"(?<![\w.,])(?P<number>{_NUMBER})\s?(?P<thousand>tys\.?|тыс\.?|k(?=\s))?\s?(?:{_ANY_CURRENCY})(?!\w)",
    re.IGNORECASE,
)
_SIGN_FIRST = re.compile(rf"(?P<sign>[€$£₽])\s?(?P<number>{_NUMBER})(?![\d])")
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "₽": "RUB"}

_LAST4 = re.compile(
    r"(?:(?:[*•]+|[xX]{2,}|\.{3}|(?<!account )(?<!PESEL )(?<!\[)…)[\s\-]*"  # "[card …1234]" is bot/rules/masking.py's
    r"|\b(?:ko[nń]cz\w+\s+si[eę]|ko[nń]c[oó]wk\w+|ostatnie\s+(?:4|cztery)\s+cyfry|ending(?:\s+(?:in|with))?|ends\s+(?:in|with)"
    r"|last\s+(?:4|four)(?:\s+digits)?|заканчива\w+|оканчива\w+|последние\s+(?:4|четыре)\s+цифры)"
    r"(?:\s+(?:na|to|are|is|на))?[\s:\-]*)"
    r"(?P<digits>\d{4})(?!\d)",
    re.IGNORECASE,
)


def find_entities(text: str, region: str = "PL") -> list[Entity]:
    """The entities of a text in the order of their places, none overlapping.

    Values are normalised: phones to E.164 (a number without a country code is read as one of `region`), amounts to
    "1234.50 PLN", last digits to the four digits.
    """
    text = text[:_READ]
    if not any(letter.isdigit() for letter in text):
        return []
    taken: list[Entity] = []
    for finder in (_phones(text, region), _last_digits(text), _amounts(text)):
        for entity in finder:
            if all(entity.end <= other.start or entity.start >= other.end for other in taken):
                taken.append(entity)
    return sorted(taken, key=lambda entity: entity.start)


def _phones(text: str, region: str) -> Iterator[Entity]:
    if not _DIGITS_OF_A_PHONE.search(text):
        return
    for match in phonenumbers.PhoneNumberMatcher(text, region):
        number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        yield Entity("phone", number, match.start, match.end)


def _last_digits(text: str) -> Iterator[Entity]:
    for match in _LAST4.finditer(text):
        yield Entity("card_last4", match["digits"], match.start("digits"), match.end("digits"))


def _amounts(text: str) -> Iterator[Entity]:
    for match in _AMOUNT.finditer(text):
        code = next(code for code in _CURRENCIES if match[code])
        yield from _amount(match["number"], code, match.span(), 1000 if match["thousand"] else 1)
    for match in _SIGN_FIRST.finditer(text):
        yield from _amount(match["number"], _SIGNS[match["sign"]], match.span(), 1)


def _amount(number: str, code: str, span: tuple[int, int], times: int) -> Iterator[Entity]:
    """One amount. The last mark before one or two final digits is the decimal one, all others group thousands."""
    whole, mark, rest = number, "", ""
    if (found := re.search(r"[.,](\d{1,2})$", number)) is not None:
        whole, mark, rest = number[: found.start()], ".", found[1]
    try:
        value = Decimal(re.sub(r"[^\d]", "", whole) + mark + rest) * times
    except InvalidOperation:
        return
    yield Entity("amount", f"{value:.2f} {code}", *span)
