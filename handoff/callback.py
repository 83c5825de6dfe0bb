"""Phone calls that were promised: the number, a time within business hours, and what follows from an attempt."""

from datetime import UTC, datetime, timedelta

import phonenumbers

from bot.company import Company
from bot.types.desk import CallbackStatus, CallOutcome
from handoff.hours import next_opening
from handoff.when import parse_when

__all__ = ["after_attempt", "fit_to_hours", "masked_phone", "parse_phone", "parse_when", "suggest_times"]

#: A number is looked for in the beginning of a text only: nobody hides one in an essay.
PHONE_TEXT = 1000
#: Tries at a number that is busy or not answered.
MOST_ATTEMPTS = 3
RETRY_AFTER = timedelta(minutes=30)
#: Suggested times lie on a half hour, at least so far from now and from each other.
SUGGESTION_GRID = timedelta(minutes=30)
SUGGESTION_LEAD = timedelta(minutes=30)
SUGGESTION_GAP = timedelta(hours=2)


def parse_phone(text: str, country: str) -> str | None:
    """The first valid phone number within a text, in E.164 (+48600700800); one without a country code is read as a
    number of `country` (ISO 3166)."""
    for match in phonenumbers.PhoneNumberMatcher(text[:PHONE_TEXT], country.upper()):
        return phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
    return None


def masked_phone(e164: str) -> str:
    """A number that its owner recognises and nobody can call: "+48 *** *** 800"."""
    number = phonenumbers.parse(e164, None)
    national = str(number.national_number)
    return f"+{number.country_code} *** *** {national[-3:]}"


def fit_to_hours(company: Company, team: str, wished: datetime, now: datetime) -> datetime:
    """The first moment (UTC) from the wished one on, and not before now, at which the team is at work. A team that
    never works is taken at the customer's word."""
    earliest = max(wished, now).astimezone(UTC)
    return next_opening(company, team, earliest) or earliest


def suggest_times(company: Company, team: str, now: datetime, n: int = 3) -> list[datetime]:
    """Up to `n` times (UTC) to offer, earliest first: within the team's hours and some hours apart."""
    times: list[datetime] = []
    earliest = now + SUGGESTION_LEAD
    while len(times) < n:
        opening = next_opening(company, team, _next_half_hour(earliest))
        if opening is None:
            break
        times.append(opening)
        earliest = opening + SUGGESTION_GAP
    return times


def after_attempt(outcome: CallOutcome, attempts_so_far: int, now: datetime) -> tuple[CallbackStatus, datetime | None]:
    """What follows from an attempt, `attempts_so_far` counting it: the new status, and when to try again."""
    if outcome is CallOutcome.REACHED:
        return CallbackStatus.DONE, None
    if outcome is CallOutcome.WRONG_NUMBER or attempts_so_far >= MOST_ATTEMPTS:
        return CallbackStatus.FAILED, None
    return CallbackStatus.WAITING, now + RETRY_AFTER


def _next_half_hour(at: datetime) -> datetime:
    """`at` itself where it lies on the grid, else the next point of it; every zone's offset is a multiple of 15 min,
    so what is a half hour in UTC reads as a quarter at worst."""
    at = at.astimezone(UTC)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + -((midnight - at) // SUGGESTION_GRID) * SUGGESTION_GRID
