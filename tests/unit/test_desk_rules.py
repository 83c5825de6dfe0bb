"""Routing, the queue's order, references."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from bot.company import Company
from bot.types.desk import Assignment, Priority, Reason
from handoff.queue import order_key
from handoff.reference import ALPHABET, new_code, new_reference
from handoff.routing import team_for

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("topic", "team"),
    [
        ("card_block", "security"),
        ("card_pin", "cards"),
        ("transfer_abroad", "payments"),
        ("password_reset", "digital"),
        ("mortgage", "loans"),
        ("branch_hours", "service"),  # nobody's: the default team
        ("no_such_topic", "service"),
        (None, "service"),
    ],
)
def test_a_topic_goes_to_the_team_that_owns_it(company: Company, topic: str | None, team: str) -> None:
    assert team_for(company, topic) == team


def test_the_queue_is_ordered_by_urgency_and_then_by_waiting_time() -> None:
    def waiting(number: int, priority: Priority, minutes: int) -> Assignment:
        opened_at = NOW - timedelta(minutes=minutes)
        return Assignment(number, number, "cards", priority, Reason.REQUESTED, opened_at)

    queue = [
        waiting(1, Priority.NORMAL, 30),
        waiting(2, Priority.URGENT, 1),
        waiting(3, Priority.COMPLAINT, 20),
        waiting(4, Priority.URGENT, 2),
        waiting(5, Priority.NORMAL, 30),
        waiting(6, Priority.NORMAL, 40),
    ]
    assert [item.id for item in sorted(queue, key=order_key)] == [4, 2, 3, 6, 1, 5]


def test_references_and_codes_are_readable_and_differ() -> None:
    references = {new_reference("R", 2026) for _ in range(200)}
    assert len(references) == 200
    assert all(re.fullmatch(rf"R-2026-[{ALPHABET}]{{6}}", reference) for reference in references)
    assert not set("01OILAEU") & set(ALPHABET)
    codes = {new_code() for _ in range(200)}
    assert len(codes) > 100
    assert all(re.fullmatch(r"\d{4}", code) for code in codes)
