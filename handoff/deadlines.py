"""By when the law wants a complaint answered."""

from datetime import date, datetime, timedelta

from bot.company import Company, ComplaintDeadline
from handoff.hours import is_holiday

SATURDAY = 5


def due_on(company: Company, topic: str | None, received_at: datetime) -> date:
    """The last day for the answer to a complaint on that topic, in the company's time zone. The day of receipt does
    not count. A calendar deadline that ends on a free day is not moved: to be early is always lawful."""
    deadline = _deadline(company, topic)
    received = received_at.astimezone(company.zone).date()
    if deadline.kind == "calendar":
        return received + timedelta(days=deadline.days)
    return _add_business_days(company, received, deadline.days)


def _deadline(company: Company, topic: str | None) -> ComplaintDeadline:
    """The topic's own deadline, else the general one (no topics named), else the strictest of all."""
    for deadline in company.complaint_deadlines:
        if topic in deadline.topics:
            return deadline
    general = (deadline for deadline in company.complaint_deadlines if not deadline.topics)
    return next(general, min(company.complaint_deadlines, key=lambda deadline: deadline.days))


def _add_business_days(company: Company, day: date, count: int) -> date:
    while count:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY and not is_holiday(company, day):
            count -= 1
    return day
