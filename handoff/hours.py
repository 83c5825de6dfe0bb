"""When a team is at work: its weekly hours in the company's time zone, less public holidays.

Hours are local wall-clock time, so a day on which the clocks change is an hour shorter or longer in UTC. A shift
whose end is not after its start (22:00-6:00, 0:00-24:00) ends on the following day.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import holidays

from bot.company import WEEKDAYS, Company
from bot.errors import UserMistake

#: How far ahead an opening is looked for: beyond the longest run of holidays, and any weekly hours come round in it.
HORIZON = timedelta(days=30)


@lru_cache(maxsize=64)
def _public_holidays(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        raise UserMistake(f"okienko.yml: country: no public holidays are known for '{country}'") from None


def is_holiday(company: Company, day: date) -> bool:
    """Whether the day is a public holiday of the company's country, or one of its own extra ones."""
    return day in company.extra_holidays or day in _public_holidays(company.country, day.year)


def _shift(company: Company, team: str, day: date) -> tuple[datetime, datetime] | None:
    """The shift that begins on a local day, in UTC; None where the team does not work."""
    rules = company.teams[team]
    hours = rules.hours.get(WEEKDAYS[day.weekday()])
    if hours is None or (is_holiday(company, day) and not rules.holidays):
        return None
    last = day if hours.end > hours.start else day + timedelta(days=1)
    start = datetime.combine(day, hours.start, company.zone)
    end = datetime.combine(last, hours.end, company.zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def is_open(company: Company, team: str, at: datetime) -> bool:
    """Whether the team is at work at that moment."""
    today = at.astimezone(company.zone).date()
    shifts = (_shift(company, team, day) for day in (today - timedelta(days=1), today))
    return any(shift is not None and shift[0] <= at < shift[1] for shift in shifts)


def next_opening(company: Company, team: str, after: datetime) -> datetime | None:
    """The first moment (UTC) at or after `after` at which the team is at work: `after` itself where it is;
    None where it never works."""
    if is_open(company, team, after):
        return after.astimezone(UTC)
    today = after.astimezone(company.zone).date()
    for ahead in range(HORIZON.days):
        shift = _shift(company, team, today + timedelta(days=ahead))
        if shift is not None and shift[0] >= after:
            return shift[0]
    return None
