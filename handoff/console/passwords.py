"""Passwords: Argon2id, in two threads of their own, so that logins never hold up anything else."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 8
LONGEST = 256

_hasher = PasswordHasher()
#: Each computation takes 64 MiB and a core for a while: no more than two at once, whoever asks.
_threads = ThreadPoolExecutor(2, thread_name_prefix="password")


def hash_password(password: str) -> str:
    """The form that is stored."""
    return _hasher.hash(password)


async def is_right(password: str, stored: str | None) -> bool:
    """Whether the password is the one whose hash is stored. Without a stored one (an unknown login) the work is the
    same and the answer is no, so that the time tells nothing about which logins exist."""
    matches = await asyncio.get_running_loop().run_in_executor(_threads, _verify, password, stored)
    return matches and stored is not None


@cache
def _decoy() -> str:
    """A hash that no login has."""
    return _hasher.hash("nobody's password")


def _verify(password: str, stored: str | None) -> bool:
    decoy = _decoy()  # made at the first login of all, whether it is known or not
    try:
        return _hasher.verify(stored or decoy, password)
    except (VerificationError, InvalidHashError):
        return False
