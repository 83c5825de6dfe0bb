"""The words for times in Polish, Russian and English, in the plain form of handoff/when.py (no diacritics)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta

from bot.types.languages import Language

_MINUTE, _HOUR, _DAY, _WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Words:
    """One language's hints at a time. In lists the first that fits counts."""

    now: re.Pattern[str]
    not_now: re.Pattern[str]
    fixed: tuple[tuple[re.Pattern[str], timedelta], ...]  # stretches of time said without a number
    stretch: re.Pattern[str]  # groups: count, unit
    units: tuple[tuple[re.Pattern[str], timedelta], ...]
    numbers: Mapping[str, int]
    days: tuple[tuple[re.Pattern[str], int], ...]  # days ahead
    weekdays: tuple[re.Pattern[str], ...]  # from Monday
    months: tuple[re.Pattern[str], ...]
    month_day: tuple[re.Pattern[str], ...]  # groups: day, month
    hour: tuple[re.Pattern[str], ...]  # group: hour (digits or a word of `hours`)
    hours: Mapping[str, int]
    at_end: re.Pattern[str]  # the text ends with a word after which 10.12 is a time of day
    before_end: re.Pattern[str]  # the text ends with "before"
    parts: tuple[tuple[re.Pattern[str], time], ...]
    morning: re.Pattern[str]  # these hours are hours of the morning
    later: re.Pattern[str]  # these hours are hours of the afternoon or evening


def _words(text: str) -> re.Pattern[str]:
    """Whole words; `text` lists them with |."""
    return re.compile(rf"\b(?:{text})\b")


def _any(words: Mapping[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


def _build(
    *,
    now: str,
    not_now: str,
    fixed: Mapping[str, timedelta],
    ahead: str,
    units: Mapping[str, timedelta],
    numbers: Mapping[str, int],
    days: Mapping[str, int],
    weekdays: str,
    months: str,
    at: str,
    before: str,
    hours: Mapping[str, int],
    hour_word: str,
    parts: Mapping[str, time],
    morning: str,
    later: str,
) -> Words:
    month = f"(?P<month>{'|'.join(months.split())})"
    day = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?![\d:])"
    number = rf"(?P<count>\d{{1,3}}|{_any(numbers)})"
    return Words(
        now=_words(now),
        not_now=_words(not_now),
        fixed=tuple((_words(text), stretch) for text, stretch in fixed.items()),
        stretch=re.compile(rf"\b(?:{ahead})\s+(?:{number}(?:\s*-\s*\d+)?\s*)?(?P<unit>{'|'.join(units)})\b"),
        units=tuple((re.compile(text), unit) for text, unit in units.items()),
        numbers=numbers,
        days=tuple((_words(text), count) for text, count in days.items()),
        weekdays=tuple(_words(text) for text in weekdays.split()),
        months=tuple(re.compile(text) for text in months.split()),
        month_day=(
            re.compile(rf"(?<![\d.:]){day}\s+(?:of\s+)?{month}\b"),
            re.compile(rf"\b{month}\s+{day}"),
        ),
        hour=(
            re.compile(
                rf"\b(?:{at}|{before})\s+(?:(?:{hour_word})\s*)?(?P<hour>\d{{1,2}}(?!\d|[.:]\d)|(?:{_any(hours)})\b)"
            ),
            re.compile(rf"(?<![\d.:])(?P<hour>\d{{1,2}})\s*(?:{hour_word})"),
            re.compile(rf"\b(?:{hour_word})\s*(?P<hour>\d{{1,2}})(?!\d|[.:]\d)"),
        ),
        hours=hours,
        at_end=re.compile(rf"\b(?:{at}|{before})\s*(?:{hour_word})?\s*$"),
        before_end=re.compile(rf"\b(?:{before})\s*(?:{hour_word})?\s*$"),
        parts=tuple((_words(text), hour) for text, hour in parts.items()),
        morning=_words(morning),
        later=_words(later),
    )


POLISH = _build(
    now="teraz|zaraz|natychmiast|od razu|od reki|jak najszybciej|za chwile|za moment|obojetnie|kiedykolwiek|juz|asap",
    not_now="(?:nie|byle nie) (?:teraz|zaraz|natychmiast|od razu|dzis|dzisiaj)",
    fixed={
        "za (?:pol ?godziny|polgodzinki)": 30 * _MINUTE,
        "za poltorej godziny": 90 * _MINUTE,
        "za kwadrans": 15 * _MINUTE,
        "za (?:kilka|pare) minut": 10 * _MINUTE,
        "za (?:kilka|pare) godzin": 3 * _HOUR,
        "za (?:kilka|pare) dni": 3 * _DAY,
    },
    ahead="za|w ciagu",
    units={r"min\w*": _MINUTE, r"godz\w*|h": _HOUR, r"dni|dzien": _DAY, r"tydzien|tygodni\w*": _WEEK},
    numbers={
        "jedna": 1,
        "jeden": 1,
        "dwa": 2,
        "dwie": 2,
        "trzy": 3,
        "cztery": 4,
        "piec": 5,
        "szesc": 6,
        "siedem": 7,
        "osiem": 8,
        "dziewiec": 9,
        "dziesiec": 10,
        "pietnascie": 15,
        "dwadziescia": 20,
        "trzydziesci": 30,
        "czterdziesci": 40,
    },
    days={"pojutrze": 2, r"jutr[oa]|jutrzejsz\w+": 1, r"dzis|dzisiaj|dzisiejsz\w+": 0},
    weekdays=(
        r"poniedzial\w+|pon wtor\w+|wt srod[aeyi]\w*|sr czwart(?:ek|k\w+)|czw piat(?:ek|k\w+)|pt "
        r"sobot\w*|sob|weekend\w* niedziel\w*|nd|niedz"
    ),
    months=(r"sty\w* lut\w* mar\w* kwi\w* maj\w* cze\w* lip\w* sie\w* wrz\w* paz\w* lis\w* gru\w*"),
    at="o|po|od|kolo|okolo|na|miedzy|pomiedzy|ok",
    before="przed|do",
    hours={
        "pierwszej": 1,
        "drugiej": 2,
        "trzeciej": 3,
        "czwartej": 4,
        "piatej": 5,
        "szostej": 6,
        "siodmej": 7,
        "osmej": 8,
        "dziewiatej": 9,
        "dziesiatej": 10,
        "jedenastej": 11,
        "dwunastej": 12,
        "trzynastej": 13,
        "czternastej": 14,
        "pietnastej": 15,
        "szesnastej": 16,
        "siedemnastej": 17,
        "osiemnastej": 18,
        "dziewietnastej": 19,
        "dwudziestej": 20,
    },
    hour_word=r"godzin[aeiy]|godz\.?|h\b",
    parts={
        "przed poludniem|do poludnia": time(10),
        "po poludniu|popoludniu": time(14),
        "poludnie": time(12),
        "po pracy": time(17),
        r"rano|ranem|rana|ranek": time(9),
        r"wieczor\w*": time(18),
    },
    morning="rano|ranem|rana|przed poludniem",
    later=r"po poludniu|popoludniu|wieczor\w*",
)

RUSSIAN = _build(
    now="сейчас|прямо сейчас|немедленно|сразу|поскорее|скорее|как можно скорее|срочно|в любое время|когда угодно",
    not_now="(?:не|только не) (?:сейчас|сразу|срочно|сегодня)",
    fixed={
        "через (?:полчаса|пол часа|полчасика)": 30 * _MINUTE,
        "через полтора часа": 90 * _MINUTE,
        "через (?:несколько|пару) минут": 10 * _MINUTE,
        "через (?:несколько|пару) часов": 3 * _HOUR,
        "через (?:несколько|пару) дней": 3 * _DAY,
    },
    ahead="через|в течение",
    units={r"мин\w*": _MINUTE, r"час\w*|ч": _HOUR, r"день|дня|дней": _DAY, r"недел\w*": _WEEK},
    numbers={
        "один": 1,
        "одну": 1,
        "два": 2,
        "две": 2,
        "три": 3,
        "четыре": 4,
        "пять": 5,
        "шесть": 6,
        "семь": 7,
        "восемь": 8,
        "девять": 9,
        "десять": 10,
        "пятнадцать": 15,
        "двадцать": 20,
        "тридцать": 30,
        "сорок": 40,
    },
    days={"послезавтра": 2, r"завтра|завтрашн\w+": 1, r"сегодня|сегодняшн\w+": 0},
    weekdays=(
        r"понедельник\w*|пн|пон вторник\w*|вт сред[ауеы]|ср четверг\w*|чт пятниц\w*|пт "
        r"суббот\w*|сб|выходн\w+ воскресень\w*|вс"
    ),
    months=r"янв\w* фев\w* мар\w* апр\w* ма[йяе] июн\w* июл\w* авг\w* сен\w* окт\w* ноя\w* дек\w*",
    at="в|во|после|с|со|к|около|на|между",
    before="до",
    hours={
        "час": 1,
        "часу": 1,
        "два": 2,
        "двух": 2,
        "три": 3,
        "трех": 3,
        "четыре": 4,
        "четырех": 4,
        "пять": 5,
        "пяти": 5,
        "шесть": 6,
        "шести": 6,
        "семь": 7,
        "семи": 7,
        "восемь": 8,
        "восьми": 8,
        "девять": 9,
        "девяти": 9,
        "десять": 10,
        "десяти": 10,
        "одиннадцать": 11,
        "одиннадцати": 11,
        "двенадцать": 12,
        "двенадцати": 12,
    },
    hour_word=r"час(?:ов|а|ам)?\b|ч\b",
    parts={
        "до обеда|до полудня|в первой половине дня": time(10),
        "после обеда|во второй половине дня": time(14),
        "полдень|в обед": time(12),
        "после работы": time(17),
        "утром|утра|с утра|утро": time(9),
        "вечером|вечера|вечер": time(18),
        "днем": time(14),
    },
    morning="утром|утра",
    later="вечером|вечера|вечер|дня|днем|после обеда",
)

ENGLISH = _build(
    now=r"now|right away|immediately|straight away|asap|as soon as possible|any ?time|whenever|soon",
    not_now="not (?:right )?(?:now|today|immediately)",
    fixed={
        "in (?:half an hour|half hour|a half hour)": 30 * _MINUTE,
        "in an hour and a half": 90 * _MINUTE,
        "in a quarter of an hour": 15 * _MINUTE,
        "in a (?:few|couple of) minutes": 10 * _MINUTE,
        "in a (?:few|couple of) hours": 3 * _HOUR,
        "in a (?:few|couple of) days": 3 * _DAY,
    },
    ahead="in|within",
    units={r"min(?:ute)?s?": _MINUTE, r"hours?|hrs?|h": _HOUR, r"days?": _DAY, r"weeks?": _WEEK},
    numbers={
        "a": 1,
        "an": 1,
        "one": 1,
        "two": 2,
        "three": 3,
        "four": 4,
        "five": 5,
        "six": 6,
        "seven": 7,
        "eight": 8,
        "nine": 9,
        "ten": 10,
        "fifteen": 15,
        "twenty": 20,
        "thirty": 30,
        "forty": 40,
    },
    days={"day after tomorrow": 2, "tomorrow|tommorow|tomorow|tmrw|tmr": 1, "today": 0},
    weekdays=(
        r"mon|mondays? tue|tues|tuesdays? wed|wednesdays? thu|thur|thurs|thursdays? fri|fridays? "
        r"sat|saturdays?|weekend sun|sundays?"
    ),
    months=(
        r"jan(?:uary)? feb(?:ruary)? mar(?:ch)? apr(?:il)? may june? july? aug(?:ust)? sept?(?:ember)? "
        r"oct(?:ober)? nov(?:ember)? dec(?:ember)?"
    ),
    at="at|after|from|around|about|past|between",
    before="before|by|until|till",
    hours={
        "one": 1,
        "two": 2,
        "three": 3,
        "four": 4,
        "five": 5,
        "six": 6,
        "seven": 7,
        "eight": 8,
        "nine": 9,
        "ten": 10,
        "eleven": 11,
        "twelve": 12,
    },
    hour_word=r"o'?clock\b",
    parts={
        "mid-?morning": time(10),
        "noon|midday|lunch ?time": time(12),
        "after work": time(17),
        "after lunch": time(13),
        "morning": time(9),
        "afternoon": time(14),
        "evening|tonight": time(18),
    },
    morning="morning",
    later="afternoon|evening|tonight|night",
)

WORDS: Mapping[Language, Words] = {"pl": POLISH, "ru": RUSSIAN, "en": ENGLISH}
