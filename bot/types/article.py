"""The FAQ's articles."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.types.languages import Language


@dataclass(frozen=True, slots=True)
class ArticleText:
    """An article in one language. `title` is short enough for a button (20 characters)."""

    question: str
    title: str
    answer: str
    variants: tuple[str, ...] = ()
    link: str = ""
    video: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """An answer to one topic's question, for every brand or for one, for ever or for a time (both dates included)."""

    id: str
    topic: str
    texts: Mapping[Language, ArticleText]
    brand: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
