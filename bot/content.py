"""The company's words: the assistant's sentences (data/texts), the FAQ (data/faq), the signs of anger (data/anger.yml).

All of it is read and checked once, at start: a missing sentence or language, an unknown placeholder or a file that is
no YAML is one clear line that names the file, never a surprise in front of a customer.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from bot.company import Brand, Company
from bot.errors import UserMistake
from bot.types.article import Article, ArticleText
from bot.types.languages import LANGUAGES, Language, is_language

#: What an FAQ answer may be filled with: the brand's own words.
BRAND_WORDS = frozenset({"brand", "app", "site", "hotline"})
TITLE_LENGTH = 20  # the shortest limit of a button's title (Messenger)

#: What is said in the brand's name may also be filled with {brand}; what these begin with may not.
NAMELESS = ("desk.", "turn.", "widget.", "words.")
#: The sentences that the code fills, each with what it gives.
FILLED_WITH: Mapping[str, frozenset[str]] = {
    "answer.link": frozenset({"link"}),
    "button.day": frozenset({"day", "time"}),
    "button.today": frozenset({"time"}),
    "button.tomorrow": frozenset({"time"}),
    "callback.booked": frozenset({"when", "phone", "reference", "code"}),
    "complaint.added": frozenset({"reference"}),
    "complaint.taken": frozenset({"reference", "date"}),
    "desk.joined": frozenset({"name"}),
    "desk.transferred": frozenset({"team"}),
    "handoff.closed": frozenset({"when"}),
    "handoff.position": frozenset({"count"}),
    "handoff.requested": frozenset({"team"}),
    "handoff.urgent": frozenset({"team"}),
    "idea.taken": frozenset({"reference", "team"}),
    "turn.failed": frozenset({"reference"}),
    "when.day": frozenset({"day", "time"}),
    "when.today": frozenset({"time"}),
    "when.tomorrow": frozenset({"time"}),
}
#: Every sentence that the code says.
SAID = frozenset(FILLED_WITH) | frozenset(
    """
    intro intro.again greet start.help thanks bye affirm.plain deny.plain other cancelled angry attachment old_button
    answer.helped_question answer.none helped not_helped topic.choose not_understood not_understood.twice question.what
    handoff.next handoff.already waiting.noted waiting.here idea.ask complaint.sorry complaint.ask
    callback.ask_phone callback.bad_phone callback.ask_when callback.bad_when callback.moved when.now when.unknown
    button.helped button.not_helped button.human button.callback button.none button.cancel button.now
    button.share_phone desk.returned desk.resolved
    widget.title widget.subtitle widget.placeholder widget.send widget.offline widget.retry widget.open widget.close
    widget.today words.cancel
    """.split()
)


def read_yaml(path: Path) -> Any:
    """A YAML file's content; `UserMistake` names file and line."""
    try:
        # the C loader is eight times faster, and a service reads all of this at its start
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        raise UserMistake(f"{path} is missing") from None
    except UnicodeDecodeError:
        raise UserMistake(f"{path}: not readable as YAML (not UTF-8 text)") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark is not None else ""
        reason = getattr(error, "problem", None) or "syntax error"
        raise UserMistake(f"{path}{line}: not readable as YAML ({reason})") from None
    except (OSError, ValueError) as error:  # a folder; a file that may not be read; a date such as 2026-02-31
        raise UserMistake(f"{path}: not readable ({getattr(error, 'strerror', None) or error})") from None


def _placeholders(path: Path, what: str, text: str, known: Collection[str]) -> frozenset[str]:
    """The text's placeholders; `UserMistake` for one that nothing fills, or that asks for more than being filled."""
    try:
        fields = [(name, f"{spec or ''}{conversion or ''}") for _, name, spec, conversion in Formatter().parse(text)]
    except ValueError:
        raise UserMistake(f"{path}: {what} has a brace that belongs to no placeholder (write {{{{ or }}}})") from None
    for name, extra in fields:
        if name is not None and (extra or name not in known):
            raise UserMistake(f"{path}: {what} has the unknown placeholder {{{name}{extra and ' with a format'}}}")
    return frozenset(name for name, _ in fields if name is not None)


class Catalogue:
    """Implements `ports.Texts`."""

    def __init__(self, texts: Mapping[str, Mapping[Language, str]]) -> None:
        self._texts = texts

    def say(self, key: str, language: Language, **values: object) -> str:
        """The sentence in that language with its placeholders filled. KeyError for a key that is nowhere."""
        return self._texts[key][language].format_map(values)

    def group(self, prefix: str, language: Language) -> dict[str, str]:
        """All sentences whose key begins with the prefix, by the rest of the key, unfilled."""
        return {
            key.removeprefix(prefix): words[language] for key, words in self._texts.items() if key.startswith(prefix)
        }


def load_texts(folder: Path) -> Catalogue:
    """All files of data/texts."""
    texts: dict[str, Mapping[Language, str]] = {}
    for path in sorted(folder.glob("*.yml")):
        for key, words in _mapping(read_yaml(path), path).items():
            texts[key] = _sentence(path, key, words)
    if not texts:
        raise UserMistake(f"{folder}: there are no texts for the assistant")
    if missing := sorted(SAID - texts.keys()):
        raise UserMistake(f"{folder}: the text '{missing[0]}' is missing")
    return Catalogue(texts)


def _sentence(path: Path, key: str, words: object) -> Mapping[Language, str]:
    given = words if isinstance(words, Mapping) else {}
    sentence = {language: _string(path, f"'{key}' in {language}", given.get(language)) for language in LANGUAGES}
    known = FILLED_WITH.get(key, frozenset()) | (frozenset() if key.startswith(NAMELESS) else {"brand"})
    filled = {_placeholders(path, f"'{key}' in {language}", text, known) for language, text in sentence.items()}
    if len(filled) > 1:
        raise UserMistake(f"{path}: the languages of '{key}' have different placeholders")
    longest = max(len(text) for text in sentence.values())
    if key.startswith("button.") and not any(filled) and longest > TITLE_LENGTH:
        raise UserMistake(f"{path}: '{key}' is longer than a button's {TITLE_LENGTH} characters")
    return sentence


def load_anger(path: Path) -> Mapping[str, Sequence[str]]:
    """Beginnings of angry words by language."""
    anger = _mapping(read_yaml(path), path)
    for language in anger:
        if not is_language(language):
            raise UserMistake(f"{path}: '{language}' is none of the languages {', '.join(LANGUAGES)}")
    return {
        language: [stem.strip().casefold() for stem in _strings(path, f"'{language}'", stems)]
        for language, stems in anger.items()
    }


class Faq:
    """Implements `ports.Knowledge`."""

    def __init__(self, articles: Sequence[Article], company: Company) -> None:
        self._articles = articles
        self._company = company
        self._topics = tuple(sorted({article.topic for article in articles}))

    def topics(self) -> Sequence[str]:
        """All topics that have an article."""
        return self._topics

    def article(self, topic: str, brand: str, day: datetime) -> Article | None:
        """The article on a topic for a brand on a day, its answers filled with the brand's words."""
        local = day.astimezone(self._company.zone).date()
        fitting = [
            article
            for article in self._articles
            if article.topic == topic and article.brand in (None, brand) and _valid(article, local)
        ]
        if not fitting:
            return None
        best = max(fitting, key=lambda article: (article.brand is not None, article.valid_from or date.min))
        return _filled(best, self._company.brands[brand])


def _valid(article: Article, day: date) -> bool:
    return (article.valid_from or date.min) <= day <= (article.valid_to or date.max)


def _filled(article: Article, brand: Brand) -> Article:
    words = {"brand": brand.name, "app": brand.app, "site": brand.site, "hotline": brand.hotline}
    texts = {
        language: ArticleText(
            question=text.question.format_map(words),
            title=_cut(text.title.format_map(words)),
            answer=text.answer.format_map(words),
            variants=text.variants,
            link=text.link,
            video=text.video,
        )
        for language, text in article.texts.items()
    }
    return Article(article.id, article.topic, texts, article.brand, article.valid_from, article.valid_to)


def _cut(title: str) -> str:
    return title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - 1].rstrip() + "…"


def load_faq(folder: Path, company: Company) -> Faq:
    """All files of data/faq; every article in every language."""
    articles: list[Article] = []
    for path in sorted(folder.glob("*.yml")):
        raw = _mapping(read_yaml(path), path)
        topic = _string(path, "topic", raw.get("topic", path.stem))
        items = raw.get("articles")
        if not isinstance(items, list):
            raise UserMistake(f"{path}: 'articles' must be a list")
        articles += [_article(path, topic, _mapping(item, path), company) for item in items]
    if not articles:
        raise UserMistake(f"{folder}: there are no FAQ articles")
    return Faq(articles, company)


def _article(path: Path, topic: str, item: Mapping[str, Any], company: Company) -> Article:
    name = _string(path, "id", item.get("id", topic))
    known = {"id", "brand", "valid_from", "valid_to"}
    unknown = [key for key in item if key not in known and not is_language(key)]
    if unknown:
        raise UserMistake(f"{path}: unknown key '{unknown[0]}' in article '{name}'")
    brand = item.get("brand")
    if brand is not None and _string(path, "brand", brand) not in company.brands:
        raise UserMistake(f"{path}: brand '{brand}' is not in okienko.yml")
    texts = {language: _text(path, language, item[language]) for language in LANGUAGES if language in item}
    if not texts:
        raise UserMistake(f"{path}: article '{name}' has no text in any language")
    first, last = _day(path, "valid_from", item), _day(path, "valid_to", item)
    return Article(name, topic, texts, brand, first, last)


def _day(path: Path, key: str, item: Mapping[str, Any]) -> date | None:
    day = item.get(key)
    if day is not None and type(day) is not date:  # a moment is a date too, but cannot be compared with one
        raise UserMistake(f"{path}: {key} must be a date such as 2026-12-31")
    return day


def _text(path: Path, language: Language, raw: object) -> ArticleText:
    item = _mapping(raw, path)
    fields = ("question", "title", "answer", "variants", "link", "video")
    if unknown := [key for key in item if key not in fields]:
        raise UserMistake(f"{path}: unknown key '{unknown[0]}' in the {language} text")
    given = {
        key: _string(path, f"the {language} {key}", item.get(key)).strip()
        for key in ("question", "title", "answer", "link", "video")
        if key in ("question", "answer") or item.get(key) is not None
    }
    for key in given.keys() & {"question", "title", "answer"}:
        _placeholders(path, f"the {language} {key}", given[key], BRAND_WORDS)
    variants = item.get("variants")
    return ArticleText(
        question=given["question"],
        title=given.get("title", given["question"]),
        answer=given["answer"],
        variants=() if variants is None else _strings(path, f"the {language} variants", variants),
        link=given.get("link", ""),
        video=given.get("video", ""),
    )


def _mapping(raw: object, path: Path) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise UserMistake(f"{path}: expected 'key: value' pairs")
    for key in raw:
        if not isinstance(key, str):  # YAML reads a bare no as false
            raise UserMistake(f"{path}: the key {key} is no text; put it in quotes")
    return raw


def _string(path: Path, what: str, raw: object) -> str:
    if raw is None or raw == "":
        raise UserMistake(f"{path}: {what} is missing")
    if not isinstance(raw, str) or not raw.strip():
        raise UserMistake(f"{path}: {what} must be a text (in quotes if it looks like a number, a date or a yes)")
    return raw


def _strings(path: Path, what: str, raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(item, str) and item.strip() for item in raw):
        raise UserMistake(f"{path}: {what} must be a list of texts, such as [one, two]")
    return tuple(raw)
