"""The languages that customers are served in."""

from typing import Literal, TypeGuard, get_args

Language = Literal["pl", "ru", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


def is_language(value: object) -> TypeGuard[Language]:
    """Whether the value names one of our languages."""
    return value in LANGUAGES
