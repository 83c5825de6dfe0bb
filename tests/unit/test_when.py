"""When customers want to be called, in their own words. Now is a Wednesday, 15:10 in Warsaw (winter)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.types.languages import Language
from handoff.callback import parse_when

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 3, 4, 14, 10, tzinfo=UTC)

WISHES: dict[Language, dict[str, str | None]] = {
    "pl": {
        "teraz": "04.03 15:10",
        "Proszę jak najszybciej!": "04.03 15:10",
        "jutro po 17": "05.03 17:00",
        "jutro po 17.": "05.03 17:00",
        "w piątek rano": "06.03 09:00",
        "w piatek po poludniu": "06.03 14:00",
        "za godzinę": "04.03 16:10",
        "za pół godziny": "04.03 15:40",
        "za 2 godziny": "04.03 17:10",
        "za dwie godziny": "04.03 17:10",
        "za kwadrans": "04.03 15:25",
        "za 3 dni o 11": "07.03 11:00",
        "za tydzień": "11.03 09:00",
        "jutro": "05.03 09:00",
        "pojutrze w południe": "06.03 12:00",
        "dziś wieczorem": "04.03 18:00",
        "o 17": "04.03 17:00",
        "o 14": "05.03 14:00",  # over for today
        "o siedemnastej": "04.03 17:00",
        "jutro o czwartej": "05.03 16:00",
        "w czwartek": "05.03 09:00",
        "w środę o 16": "04.03 16:00",
        "w środę o 9": "11.03 09:00",  # today's is over
        "15:30": "04.03 15:30",
        "16.30": "04.03 16:30",
        "jutro między 10 a 12": "05.03 10:00",
        "jutro 10-12": "05.03 10:00",
        "przed 17": "04.03 16:00",
        "25.03 o 10": "25.03 10:00",
        "25 marca po południu": "25.03 14:00",
        "17": "04.03 17:00",
        "nie teraz, jutro rano": "05.03 09:00",
        "dziś o 8": "04.03 20:00",
        "600 700 800, jutro o 10:15": "05.03 10:15",
        "dziś o 9 rano": None,  # over
        "nie teraz": None,
        "nie wiem": None,
        "mam pytanie o kartę": None,
        "600 700 800": None,
        "31.02": None,
        "": None,
    },
    "ru": {
        "сейчас": "04.03 15:10",
        "завтра после 17": "05.03 17:00",
        "в пятницу утром": "06.03 09:00",
        "через час": "04.03 16:10",
        "через полчаса": "04.03 15:40",
        "через 2 часа": "04.03 17:10",
        "через неделю": "11.03 09:00",
        "в 5 вечера": "04.03 17:00",
        "завтра в 3 часа дня": "05.03 15:00",
        "завтра в 10 утра": "05.03 10:00",
        "завтра днём": "05.03 14:00",
        "послезавтра": "06.03 09:00",
        "в четверг в 15:00": "05.03 15:00",
        "сегодня вечером": "04.03 18:00",
        "в 17 часов": "04.03 17:00",
        "до 18": "04.03 17:00",
        "25 марта в 11": "25.03 11:00",
        "не сейчас": None,
        "где моя карта": None,
    },
    "en": {
        "now": "04.03 15:10",
        "as soon as possible": "04.03 15:10",
        "tomorrow afternoon": "05.03 14:00",
        "at 5 pm": "04.03 17:00",
        "5pm": "04.03 17:00",
        "at five": "04.03 17:00",
        "in an hour": "04.03 16:10",
        "in half an hour": "04.03 15:40",
        "in 20 minutes": "04.03 15:30",
        "tomorrow at 9": "05.03 09:00",
        "friday morning": "06.03 09:00",
        "next Monday at 10:30 am": "09.03 10:30",
        "tonight": "04.03 18:00",
        "before 5 pm": "04.03 16:00",
        "the day after tomorrow at noon": "06.03 12:00",
        "March 25 at 10": "25.03 10:00",
        "on the 25th of March": "25.03 09:00",
        "12:30 am tomorrow": "05.03 00:30",
        "not now": None,
        "I want my money": None,
        "in 300 days": None,  # surely not meant
    },
}


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [(language, text, expected) for language, wishes in WISHES.items() for text, expected in wishes.items()],
)
def test_parse_when(language: Language, text: str, expected: str | None) -> None:
    wish = parse_when(text, language, NOW, WARSAW)
    assert (wish.astimezone(WARSAW).strftime("%d.%m %H:%M") if wish is not None else None) == expected


@pytest.mark.parametrize(("language", "text"), [("pl", "завтра в 10"), ("ru", "tomorrow at 10"), ("en", "jutro o 10")])
def test_the_wish_may_be_in_another_of_our_languages(language: Language, text: str) -> None:
    assert parse_when(text, language, NOW, WARSAW) == datetime(2026, 3, 5, 9, 0, tzinfo=UTC)


def test_an_hour_means_the_wall_clock_across_a_change_of_clocks() -> None:
    saturday = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    assert parse_when("jutro o 10", "pl", saturday, WARSAW) == datetime(2026, 3, 29, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["٣", "²", "1" * 300, "o " * 150, "\x00", "12:60", "25:00", "32.13", "0", "😀 jutro"])
def test_odd_texts_do_no_harm(text: str) -> None:
    for language in WISHES:
        wish = parse_when(text, language, NOW, WARSAW)
        assert wish is None or wish >= NOW
