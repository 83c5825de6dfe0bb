"""When to try again, and when to give up."""

from datetime import timedelta

import pytest

from bot.rules.retry import DELIVERY, TURN, GiveUp, Retry, RetryPolicy, decide

POLICY = RetryPolicy(tries=5, base=2.0, ceiling=10.0)


@pytest.mark.parametrize(
    ("attempt", "asked", "jitter", "decided"),
    [
        (1, None, 0.0, 2.0),
        (2, None, 0.0, 4.0),
        (3, None, 0.0, 8.0),
        (4, None, 0.0, 10.0),  # the ceiling
        (1, None, 1.0, 3.0),  # jitter stretches by up to a half
        (4, None, 1.0, 15.0),
        (5, None, 0.0, None),
        (6, None, 0.0, None),
        (1, 37.0, 1.0, 37.0),  # a time that was asked for is obeyed to the second
        (5, 37.0, 0.0, 37.0),  # and is no failure of ours
        (99, 0.0, 0.0, 0.0),
        (1, -5.0, 0.0, 0.0),
    ],
)
def test_decide(attempt: int, asked: float | None, jitter: float, decided: float | None) -> None:
    expected = GiveUp("http_500") if decided is None else Retry(timedelta(seconds=decided))
    assert decide(POLICY, attempt, "http_500", asked=asked, jitter=jitter) == expected


def test_deliveries_outlast_some_hours_without_the_platform() -> None:
    delays = [decide(DELIVERY, attempt, "network") for attempt in range(1, DELIVERY.tries)]
    waited = sum((delay.after for delay in delays if isinstance(delay, Retry)), timedelta())
    assert len([delay for delay in delays if isinstance(delay, Retry)]) == DELIVERY.tries - 1
    assert waited > timedelta(minutes=30)


def test_a_turn_is_given_up_within_seconds() -> None:
    delays = [decide(TURN, attempt, "error", jitter=1.0) for attempt in range(1, TURN.tries + 1)]
    assert isinstance(delays[-1], GiveUp)
    assert sum((delay.after for delay in delays if isinstance(delay, Retry)), timedelta()) < timedelta(seconds=10)
