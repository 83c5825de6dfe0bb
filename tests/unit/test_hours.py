"""Business hours: time zone, clock changes, public holidays. The demo company is in Warsaw."""

from datetime import UTC, date, datetime

import pytest

from bot.company import Company, Team
from bot.errors import UserMistake
from handoff.hours import is_holiday, is_open, next_opening


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def with_hours(company: Company, hours: dict[str, str], *, holidays: bool = False) -> Company:
    team = Team.model_validate({"name": {"en": "Test"}, "hours": hours, "holidays": holidays})
    return company.model_copy(update={"teams": {**company.teams, "test": team}})


@pytest.mark.parametrize(
    ("team", "at", "opened"),
    [
        ("loans", "2026-03-04T06:59:59", False),  # Wednesday 7:59:59 in Warsaw
        ("loans", "2026-03-04T07:00:00", True),
        ("loans", "2026-03-04T16:59:59", True),
        ("loans", "2026-03-04T17:00:00", False),  # the end is excluded
        ("loans", "2026-03-07T10:00:00", False),  # Saturday
        ("service", "2026-03-07T10:00:00", True),
        ("loans", "2026-07-01T06:00:00", True),  # summer time: 8:00 is 6:00 UTC
        ("loans", "2026-06-04T10:00:00", False),  # Corpus Christi
        ("loans", "2026-12-24T10:00:00", False),  # Christmas Eve, a holiday since 2025
        ("security", "2026-12-25T03:00:00", True),  # round the clock, holidays too
        ("security", "2026-03-29T01:30:00", True),  # while the clocks change
        ("digital", "2026-04-05T10:00:00", False),  # Easter Sunday closes a team that works on Sundays
    ],
)
def test_is_open(company: Company, team: str, at: str, opened: bool) -> None:
    assert is_open(company, team, utc(at)) is opened


@pytest.mark.parametrize(
    ("team", "after", "opening"),
    [
        ("loans", "2026-03-04T10:00:00", "2026-03-04T10:00:00"),  # open already
        ("loans", "2026-03-04T05:00:00", "2026-03-04T07:00:00"),
        ("loans", "2026-03-04T17:00:00", "2026-03-05T07:00:00"),
        ("loans", "2026-03-06T18:00:00", "2026-03-09T07:00:00"),  # over the weekend
        ("loans", "2026-03-27T18:00:00", "2026-03-30T06:00:00"),  # and into summer time
        ("loans", "2026-10-23T18:00:00", "2026-10-26T07:00:00"),  # and back
        ("loans", "2026-12-23T18:00:00", "2026-12-28T07:00:00"),  # Christmas, then a weekend
        ("security", "2026-12-25T23:30:00", "2026-12-25T23:30:00"),
    ],
)
def test_next_opening(company: Company, team: str, after: str, opening: str) -> None:
    assert next_opening(company, team, utc(after)) == utc(opening)


def test_a_night_shift_ends_on_the_following_day(company: Company) -> None:
    night = with_hours(company, {"fri": "22:00-6:00"})
    assert is_open(night, "test", utc("2026-03-07T04:30:00"))  # Saturday 5:30 in Warsaw
    assert not is_open(night, "test", utc("2026-03-07T05:00:00"))
    assert not is_open(night, "test", utc("2026-03-06T04:30:00"))  # Thursday has no shift
    assert next_opening(night, "test", utc("2026-03-07T05:00:00")) == utc("2026-03-13T21:00:00")


def test_a_team_without_hours_never_opens(company: Company) -> None:
    assert next_opening(with_hours(company, {}), "test", utc("2026-03-04T10:00:00")) is None


def test_holidays_are_the_countrys_and_the_companys_own(company: Company) -> None:
    ours = company.model_copy(update={"extra_holidays": (date(2026, 5, 2),)})
    assert is_holiday(ours, date(2026, 5, 1))
    assert is_holiday(ours, date(2026, 5, 2))
    assert not is_holiday(company, date(2026, 5, 2))
    german = company.model_copy(update={"country": "DE"})
    assert is_holiday(german, date(2026, 10, 3))
    assert not is_holiday(company, date(2026, 10, 3))


def test_a_country_without_known_holidays_is_a_users_mistake(company: Company) -> None:
    with pytest.raises(UserMistake, match="country"):
        is_holiday(company.model_copy(update={"country": "XX"}), date(2026, 5, 1))
