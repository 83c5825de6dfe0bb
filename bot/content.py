"""The company's words: the assistant's sentences (data/texts), the FAQ (data/faq), the signs of anger (data/anger.yml).

All of it is read and checked once, at start: a missing language, an unknown placeholder or a file that is no YAML is
one clear line that names the file, never a surprise in front of a customer.
"""

from collections.abc import Mapping, Sequence
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


def read_yaml(path: Path) -> Any:
    """A YAML file's content; `UserMistake` names file and line."""
    try:
        # the C loader is eight times faster, and a service reads all of this at its start
        return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        raise UserMistake(f"{path} is missing") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark is not None else ""
        reason = getattr(error, "problem", None) or "not UTF-8 text"
        raise UserMistake(f"{path}{line}: not readable as YAML ({reason})") from None


def _placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


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
            missing = [language for language in LANGUAGES if not isinstance(words, Mapping) or not words.get(language)]
            if missing:
                raise UserMistake(f"{path}: '{key}' has no text in {missing[0]}")
            if len({_placeholders(str(words[language])) for language in LANGUAGES}) > 1:
                raise UserMistake(f"{path}: the languages of '{key}' have different placeholders")
            if key.startswith("button.") and "{" not in str(words) and max(map(len, words.values())) > TITLE_LENGTH:
                raise UserMistake(f"{path}: '{key}' is longer than a button's {TITLE_LENGTH} characters")
            texts[key] = {language: str(words[language]) for language in LANGUAGES}
    if not texts:
        raise UserMistake(f"{folder}: there are no texts for the assistant")
    return Catalogue(texts)


def load_anger(path: Path) -> Mapping[str, Sequence[str]]:
    """Beginnings of angry words by language."""
    return {str(k): [str(stem).casefold() for stem in v] for k, v in _mapping(read_yaml(path), path).items()}


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
            title=text.title.format_map(words),
            answer=text.answer.format_map(words),
            variants=text.variants,
            link=text.link,
            video=text.video,
        )
        for language, text in article.texts.items()
    }
    return Article(article.id, article.topic, texts, article.brand, article.valid_from, article.valid_to)


def load_faq(folder: Path, company: Company) -> Faq:
    """All files of data/faq; every article in every language."""
    articles: list[Article] = []
    for path in sorted(folder.glob("*.yml")):
        raw = _mapping(read_yaml(path), path)
        topic = str(raw.get("topic") or path.stem)
        for item in raw.get("articles") or ():
            articles.append(_article(path, topic, _mapping(item, path), company))
    if not articles:
        raise UserMistake(f"{folder}: there are no FAQ articles")
    return Faq(articles, company)


def _article(path: Path, topic: str, item: Mapping[str, Any], company: Company) -> Article:
    known = {"id", "brand", "valid_from", "valid_to"}
    unknown = [key for key in item if key not in known and not is_language(key)]
    if unknown:
        raise UserMistake(f"{path}: unknown key '{unknown[0]}' in article '{item.get('id', topic)}'")
    brand = item.get("brand")
    if brand is not None and brand not in company.brands:
        raise UserMistake(f"{path}: brand '{brand}' is not in okienko.yml")
    texts = {language: _text(path, language, item[language]) for language in LANGUAGES if language in item}
    if not texts:
        raise UserMistake(f"{path}: article '{item.get('id', topic)}' has no text in any language")
    for key in ("valid_from", "valid_to"):
        if item.get(key) is not None and not isinstance(item[key], date):
            raise UserMistake(f"{path}: {key} must be a date such as 2026-12-31")
    return Article(str(item.get("id") or topic), topic, texts, brand, item.get("valid_from"), item.get("valid_to"))


def _text(path: Path, language: Language, raw: object) -> ArticleText:
    item = _mapping(raw, path)
    for key in ("question", "answer"):
        if not item.get(key):
            raise UserMistake(f"{path}: the {language} text has no {key}")
    unknown = _placeholders(str(item["answer"])) - BRAND_WORDS
    if unknown:
        raise UserMistake(f"{path}: the {language} answer has the unknown placeholder {{{sorted(unknown)[0]}}}")
    question = str(item["question"])
    title = str(item.get("title") or question)
    return ArticleText(
        question=question,
        title=title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - 1].rstrip() + "…",
        answer=str(item["answer"]).strip(),
        variants=tuple(str(variant) for variant in item.get("variants") or ()),
        link=str(item.get("link") or ""),
        video=str(item.get("video") or ""),
    )


def _mapping(raw: object, path: Path) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise UserMistake(f"{path}: expected 'key: value' pairs")
    return raw
