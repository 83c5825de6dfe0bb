"""Phone numbers, wishes fitted to hours, suggested times, what follows from an attempt."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.company import Company
from bot.types.desk import CallbackStatus, CallOutcome
from handoff.callback import after_attempt, fit_to_hours, masked_phone, parse_phone, suggest_times
from handoff.hours import is_open

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)  # Wednesday, 11:00 in Warsaw


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("600700800", "PL", "+48600700800"),
        ("mój numer to 600 700 800, dziękuję", "PL", "+48600700800"),
        ("proszę dzwonić: +48 600-700-800", "PL", "+48600700800"),
        ("0048600700800", "PL", "+48600700800"),
        ("(22) 555 12 34", "PL", "+48225551234"),
        ("мой номер +7 916 123-45-67", "PL", "+79161234567"),
        ("8 (916) 123-45-67", "RU", "+79161234567"),
        ("call me on +44 20 7946 0958 please", "PL", "+442079460958"),
        ("600700800", "pl", "+48600700800"),
        ("12345", "PL", None),
        ("600 700", "PL", None),
        ("karta 4111 1111 1111 1111", "PL", None),
        ("PESEL 44051401359", "PL", None),
        ("+48 100 000 000", "PL", None),  # well formed, but nobody's
        ("jutro o 17", "PL", None),
        ("", "PL", None),
        ("x" * 2000 + " 600700800", "PL", None),
    ],
)
def test_parse_phone(text: str, country: str, number: str | None) -> None:
    assert parse_phone(text, country) == number


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+48600700800", "+48 *** *** 800"), ("+79161234567", "+7 *** *** 567"), ("+442079460958", "+44 *** *** 958")],
)
def test_a_masked_phone_shows_country_and_end(number: str, shown: str) -> None:
    assert masked_phone(number) == shown


@pytest.mark.parametrize(
    ("wished", "fitted"),
    [
        ("2026-03-04T12:00", "2026-03-04T12:00"),
        ("2026-03-04T09:00", "2026-03-04T10:00"),  # not before now
        ("2026-03-04T20:00", "2026-03-05T07:00"),  # after hours: the next morning
        ("2026-03-07T12:00", "2026-03-09T07:00"),  # the loans team is away on Saturdays
    ],
)
def test_fit_to_hours(company: Company, wished: str, fitted: str) -> None:
    def utc(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    assert fit_to_hours(company, "loans", utc(wished), NOW) == utc(fitted)


def test_suggested_times_are_in_hours_on_the_half_hour_and_apart(company: Company) -> None:
    late = datetime(2026, 3, 6, 14, 50, tzinfo=UTC)  # Friday, 15:50 in Warsaw; loans close at 18:00
    times = suggest_times(company, "loans", late)
    assert [time.strftime("%d %H:%M") for time in times] == ["06 15:30", "09 07:00", "09 09:00"]
    assert all(is_open(company, "loans", time) for time in times)
    assert suggest_times(company, "loans", NOW, n=1) == [NOW + timedelta(minutes=30)]


@pytest.mark.parametrize(
    ("outcome", "attempts", "status", "minutes"),
    [
        (CallOutcome.REACHED, 1, CallbackStatus.DONE, None),
        (CallOutcome.REACHED, 3, CallbackStatus.DONE, None),
        (CallOutcome.NO_ANSWER, 1, CallbackStatus.WAITING, 30),
        (CallOutcome.BUSY, 2, CallbackStatus.WAITING, 30),
        (CallOutcome.NO_ANSWER, 3, CallbackStatus.FAILED, None),
        (CallOutcome.BUSY, 4, CallbackStatus.FAILED, None),
        (CallOutcome.WRONG_NUMBER, 1, CallbackStatus.FAILED, None),
    ],
)
def test_after_attempt(outcome: CallOutcome, attempts: int, status: CallbackStatus, minutes: int | None) -> None:
    due_at = NOW + timedelta(minutes=minutes) if minutes is not None else None
    assert after_attempt(outcome, attempts, NOW) == (status, due_at)
