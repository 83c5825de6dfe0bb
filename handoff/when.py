"""When a customer wants to be called, in their own words.

The text is put into plain form (lower case, no diacritics) and searched for four kinds of hints: a stretch of time
("in an hour"), a day, a time of day, a part of the day. Hours without more detail are meant as in speech: "at 5" is
five in the afternoon. The words of the three languages are in handoff/when_words.py.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from bot.types.languages import LANGUAGES, Language
from handoff.when_words import WORDS, Words

#: Wishes further ahead than this are misunderstandings.
HORIZON = timedelta(days=90)
#: A day without a time means its morning.
MORNING = time(9)
#: An hour up to this one, said without more detail, is one of the afternoon.
LAST_AMBIGUOUS_HOUR = 6
WISH_TEXT = 300


@dataclass(frozen=True, slots=True)
class _Hour:
    """A time of day as it was said. `spoken` where it may be meant twelve hours later."""

    at: time
    spoken: bool


def parse_when(text: str, language: Language, now: datetime, zone: tzinfo) -> datetime | None:
    """The moment (UTC) that the text wishes for, or None. The conversation's language is tried first, then the
    others; `zone` is the company's. Never in the past."""
    local = now.astimezone(zone)
    for name in (language, *(other for other in LANGUAGES if other != language)):
        wish = _parse(_plain(text[:WISH_TEXT]), WORDS[name], local)
        if wish is not None:
            wish = wish.astimezone(UTC)
            return wish if now <= wish <= now + HORIZON else None
    return None


def _plain(text: str) -> str:
    """Lower case without Polish diacritics, the Russian letters e and i kept whole."""
    text = unicodedata.normalize("NFC", text).lower().replace("ё", "е").replace("ł", "l")
    letters = (letter if "а" <= letter <= "я" else unicodedata.normalize("NFKD", letter)[:1] for letter in text)
    return " ".join("".join(letters).split())


def _parse(text: str, words: Words, local: datetime) -> datetime | None:
    text = words.not_now.sub(" ", text)
    stretch = _stretch(text, words)
    if stretch is not None and stretch < timedelta(days=1):
        return local.astimezone(UTC) + stretch
    day, rest = (local.date() + stretch, text) if stretch is not None else _day(text, words, local)
    hour = _hour(rest, words)
    if hour is not None:
        return _on(day, hour, local)
    if day is not None:
        return local if day == local.date() else datetime.combine(day, MORNING, local.tzinfo)
    return local if words.now.search(text) else None


def _stretch(text: str, words: Words) -> timedelta | None:
    """A stretch of time from now."""
    for pattern, fixed in words.fixed:
        if pattern.search(text):
            return fixed
    match = words.stretch.search(text)
    if match is None:
        return None
    said = match["count"] or "1"
    count = int(said) if said.isdigit() else words.numbers[said]
    unit = next(unit for pattern, unit in words.units if pattern.fullmatch(match["unit"]))
    return count * unit


def _day(text: str, words: Words, local: datetime) -> tuple[date | None, str]:
    """The day that is named, and the text without it."""
    found = _calendar_day(text, words, local)
    if found is not None:
        return found
    for pattern, ahead in words.days:
        match = pattern.search(text)
        if match:
            return local.date() + timedelta(days=ahead), _without(text, match)
    for weekday, pattern in enumerate(words.weekdays):
        match = pattern.search(text)
        if match:
            rest = _without(text, match)
            ahead = (weekday - local.weekday()) % 7
            if ahead == 0 and not _later_today(rest, words, local):
                ahead = 7
            return local.date() + timedelta(days=ahead), rest
    return None, text


def _later_today(rest: str, words: Words, local: datetime) -> bool:
    """Whether the time that goes with today's weekday is still to come."""
    hour = _hour(rest, words)
    return hour is not None and hour.at > local.time()


def _calendar_day(text: str, words: Words, local: datetime) -> tuple[date, str] | None:
    """25.11, 25/11/2026, 25 listopada: this year, or the next where that day is over."""
    match = _NUMERIC_DAY.search(text)
    if match is not None and not words.at_end.search(text[: match.start()]):
        month = int(match["month"])
    else:
        match = next(filter(None, (pattern.search(text) for pattern in words.month_day)), None)
        if match is None:
            return None
        month = 1 + next(index for index, pattern in enumerate(words.months) if pattern.fullmatch(match["month"]))
    for year in (local.year, local.year + 1):
        try:
            day = date(year, month, int(match["day"]))
        except ValueError:
            return None
        if day >= local.date():
            return day, _without(text, match)
    return None


_NUMERIC_DAY = re.compile(r"(?<![\d.:/])(?P<day>[0-3]?\d)[./](?P<month>0?[1-9]|1[0-2])(?:[./](?:20)?\d\d)?(?![\d:])")
_CLOCK = re.compile(r"(?<![\d.:+])(?P<hour>[01]?\d|2[0-3])[:.](?P<minute>[0-5]\d)(?![\d:])(?:\s*(?P<half>[ap])\.?m\b)?")
_HALF_DAY_HOUR = re.compile(r"(?<![\d.:])(?P<hour>1[0-2]|0?[1-9])\s*(?P<half>[ap])\.?m\b")
_BARE_HOUR = re.compile(r"(?P<hour>[01]?\d|2[0-3])(?:\s*-\s*(?:[01]?\d|2[0-4]))?")


def _hour(text: str, words: Words) -> _Hour | None:
    """The time of day that is named, as it was meant; a part of the day stands for its first hour."""
    match = _CLOCK.search(text) or _HALF_DAY_HOUR.search(text)
    if match is not None:
        at = time(int(match["hour"]), int(match.groupdict().get("minute") or 0))
        if match["half"] and at.hour <= 12:
            at, spoken = at.replace(hour=at.hour % 12 + (12 if match["half"] == "p" else 0)), False
        else:
            spoken = len(match["hour"]) == 1
    else:
        match = next(filter(None, (pattern.search(text) for pattern in words.hour)), None) or _BARE_HOUR.fullmatch(text)
        if match is None:
            return next((_Hour(at, False) for pattern, at in words.parts if pattern.search(text)), None)
        said = match["hour"]
        number = int(said) if said.isdigit() else words.hours[said]
        if number > 23:
            return None
        at, spoken = time(number), not said.startswith("0")
    spoken = spoken and not words.morning.search(text)
    meant = _Hour(_meant(at, text, words) if spoken else at, spoken)
    if words.before_end.search(text[: match.start("hour")]):  # "before 17" leaves the hour that ends there
        return replace(meant, at=meant.at.replace(hour=max(meant.at.hour - 1, 0)))
    return meant


def _meant(at: time, text: str, words: Words) -> time:
    """An hour without more detail as it was meant: 5 is 17 o'clock; 8 in the evening is 20."""
    if at.hour < 12 and (at.hour <= LAST_AMBIGUOUS_HOUR or words.later.search(text)):
        return at.replace(hour=at.hour + 12)
    return at


def _on(day: date | None, hour: _Hour, local: datetime) -> datetime:
    """The time on the named day; without one, the next time that the clock shows it."""
    today = datetime.combine(local.date(), hour.at, local.tzinfo)
    if day is not None and day != local.date():
        return datetime.combine(day, hour.at, local.tzinfo)
    if today >= local:
        return today
    if day is None:
        return datetime.combine(local.date() + timedelta(days=1), hour.at, local.tzinfo)
    # "today at 8", said in the afternoon
    return today + timedelta(hours=12) if hour.spoken and hour.at.hour < 12 else today


def _without(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}".strip()
