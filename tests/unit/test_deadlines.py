"""The legal deadlines of complaints."""

from datetime import UTC, date, datetime

import pytest

from bot.company import Company, ComplaintDeadline
from handoff.deadlines import due_on


@pytest.mark.parametrize(
    ("topic", "received", "due"),
    [
        # payment services: 15 business days, the day of receipt not counted
        ("transfer_missing", "2026-03-04T10:00", date(2026, 3, 25)),
        ("transfer_missing", "2026-03-07T10:00", date(2026, 3, 27)),  # received on a Saturday
        ("transfer_missing", "2026-03-20T10:00", date(2026, 4, 13)),  # over Easter Monday
        ("card_declined", "2026-12-18T10:00", date(2027, 1, 14)),  # Christmas, New Year, Epiphany
        # all others: 30 calendar days
        ("app_problem", "2026-03-04T10:00", date(2026, 4, 3)),
        (None, "2026-03-04T10:00", date(2026, 4, 3)),
        # late in the evening in UTC it is the next day in Warsaw
        ("app_problem", "2026-03-04T23:30", date(2026, 4, 4)),
    ],
)
def test_due_on(company: Company, topic: str | None, received: str, due: date) -> None:
    assert due_on(company, topic, datetime.fromisoformat(received).replace(tzinfo=UTC)) == due


def test_without_a_general_deadline_the_strictest_counts(company: Company) -> None:
    deadlines = (
        ComplaintDeadline(days=20, topics=("mortgage",)),
        ComplaintDeadline(days=10, topics=("deposits",)),
    )
    ours = company.model_copy(update={"complaint_deadlines": deadlines})
    received = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
    assert due_on(ours, "mortgage", received) == date(2026, 3, 24)
    assert due_on(ours, "card_pin", received) == date(2026, 3, 14)
