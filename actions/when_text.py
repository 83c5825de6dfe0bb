"""Saying when: times in the company's zone, in the customer's words."""

from datetime import date, datetime

from babel.dates import format_date, format_time

from actions.scope import Scope


def when_text(scope: Scope, at: datetime) -> str:
    """A moment for a sentence: "jutro o 8:00", "Monday, 23 November, 08:00"."""
    local, today = _local(scope, at)
    time = _time(scope, local)
    days = (local.date() - today).days
    if days == 0:
        return scope.text("when.today", time=time)
    if days == 1:
        return scope.text("when.tomorrow", time=time)
    day = format_date(local, "EEEE, d MMMM", locale=scope.language)
    return scope.text("when.day", day=day, time=time)


def opening_text(scope: Scope, at: datetime | None) -> str:
    """When a team is back, or the truth that nobody knows."""
    return scope.text("when.unknown") if at is None else when_text(scope, at)


def when_title(scope: Scope, at: datetime) -> str:
    """A moment for a button, at most 20 characters."""
    local, today = _local(scope, at)
    time = _time(scope, local)
    days = (local.date() - today).days
    if days == 0:
        return scope.text("button.today", time=time)
    if days == 1:
        return scope.text("button.tomorrow", time=time)
    return scope.text("button.day", day=format_date(local, "EEE d.MM", locale=scope.language), time=time)


def date_text(scope: Scope, day: date) -> str:
    """A date in full: "12 grudnia 2026"."""
    return format_date(day, "d MMMM y", locale=scope.language)


def _local(scope: Scope, at: datetime) -> tuple[datetime, date]:
    zone = scope.company.zone
    return at.astimezone(zone), scope.now.astimezone(zone).date()


def _time(scope: Scope, local: datetime) -> str:
    pattern = "HH:mm" if scope.language == "en" else "H:mm"
    return format_time(local, pattern, locale=scope.language)
