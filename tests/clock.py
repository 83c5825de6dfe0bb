"""A clock that tests set."""

from datetime import UTC, datetime, timedelta


class SettableClock:
    """Implements `ports.Clock`; stands still until a test moves it."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        """Moves to a moment, which must name its zone."""
        if at.tzinfo is None:
            raise ValueError("a clock needs a time with a zone")
        self._at = at.astimezone(UTC)

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> datetime:
        """Moves on; the new moment."""
        self._at += timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        return self._at
