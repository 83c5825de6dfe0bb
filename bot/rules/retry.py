"""When to try again, and when to give up.

Delays double from a base up to a ceiling, with jitter from the caller's random number, so that a thousand messages
that failed together do not come back together. A time that the platform names is obeyed to the second.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again after this long."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not try again."""

    reason: str


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Delays in seconds."""

    tries: int
    base: float
    ceiling: float


#: A platform may be away for hours; 17 tries reach 5 to 8 of them.
DELIVERY = RetryPolicy(tries=17, base=1.0, ceiling=3600.0)
#: A turn fails because of our own fault: soon tell the customer and fetch a person.
TURN = RetryPolicy(tries=3, base=0.5, ceiling=5.0)


def decide(
    policy: RetryPolicy, attempt: int, reason: str, *, asked: float | None = None, jitter: float = 0.0
) -> Retry | GiveUp:
    """What to do after attempt number `attempt` (1 for the first) failed.

    `asked`: seconds that the platform asked to wait; it does not count as a failure of ours and is never given up.
    `jitter`: 0 to 1, stretches the delay by up to a half.
    """
    if asked is not None:
        return Retry(timedelta(seconds=max(asked, 0.0)))
    if attempt >= policy.tries:
        return GiveUp(reason)
    delay = min(policy.base * 2 ** (attempt - 1), policy.ceiling)
    return Retry(timedelta(seconds=delay * (1 + jitter / 2)))
