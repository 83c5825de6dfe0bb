"""Ready answers for the agent: the FAQ's articles on what the customer wrote about last."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.company import Company
from bot.ports import Knowledge
from bot.types.languages import LANGUAGES, is_language
from handoff.console.schemas import PlaybookShape

MOST = 4
#: Topics that the assistant thought possible, but hardly so, are no help.
LEAST_CONFIDENCE = 0.05


def suggest(
    knowledge: Knowledge,
    company: Company,
    brand: str,
    language: str,
    understandings: Iterable[Mapping[str, Any]],
    now: datetime,
) -> list[PlaybookShape]:
    """At most MOST answers in the conversation's language and brand. `understandings` are those of the customer's
    messages, the latest first."""
    if brand not in company.brands:  # one that the company has given up
        return []
    found: list[PlaybookShape] = []
    for topic in dict.fromkeys(_topics(understandings)):
        article = knowledge.article(topic, brand, now)
        texts = article.texts if article is not None else {}
        text = next((texts[name] for name in (language, *LANGUAGES) if is_language(name) and name in texts), None)
        if text is not None:
            link = f"\n{company.brands[brand].site}{text.link}" if text.link else ""
            found.append(PlaybookShape(topic=topic, title=text.title, text=text.answer + link))
        if len(found) == MOST:
            break
    return found


def _topics(understandings: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    understandings = list(understandings)
    yield from (understood["topic"] for understood in understandings if understood.get("topic"))
    for understood in understandings:  # after all that is sure, what is only possible
        for guess in understood.get("topics", ()):
            if guess["confidence"] >= LEAST_CONFIDENCE:
                yield guess["topic"]
