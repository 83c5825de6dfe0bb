"""References that people read out, and codes that a caller must quote."""

import secrets

#: Without 0 and O, 1, I and L, which are misread, and without vowels, which spell words.
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
LENGTH = 6


def new_reference(prefix: str, year: int) -> str:
    """A random reference such as R-2026-7KQ4MX: it tells nothing about how many others there are."""
    return f"{prefix}-{year}-{''.join(secrets.choice(ALPHABET) for _ in range(LENGTH))}"


def new_code() -> str:
    """Four digits, shown in the chat; whoever calls must quote them."""
    return f"{secrets.randbelow(10_000):04d}"
