"""Reads the labelled examples of a project: `nlu/**/*.yml` (Rasa's format) and the questions of `faq/*.yml`.

Read here rather than by Rasa's own loader, because a mistake must be told with its file and line, an FAQ question is an
example of its topic too, and PyYAML's C parser takes a tenth of the time. Nothing here imports Rasa.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import yaml

from bot.errors import UserMistake
from bot.nlu.text import fold
from bot.types.languages import is_language
from bot.types.understanding import INTENTS, TRIAGE

_NLU_KEYS = {"version", "nlu"}


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled message. `topic` is None where the message has none; `language` is "" where the data does not say."""

    text: str
    intent: str
    topic: str | None = None
    language: str = ""


def read_examples(data: Path) -> list[Example]:
    """All examples below a data folder, without repeats, in a fixed order.

    Raises UserMistake (with file and line) for a file that cannot be used and for a folder without examples.
    """
    if not data.is_dir():
        raise UserMistake(f"{data}: no such folder of training data")
    found: list[Example] = []
    for path in sorted((data / "nlu").rglob("*.yml")):
        found.extend(read_nlu_file(path))
    for path in sorted((data / "faq").glob("*.yml")):
        found.extend(read_faq_file(path))
    if not found:
        raise UserMistake(f"{data}: no examples found in {data / 'nlu'} or {data / 'faq'}")
    return without_repeats(found)


def without_repeats(examples: Iterable[Example]) -> list[Example]:
    """The first of all examples that are the same: equal labels, texts equal up to case, diacritics and numbers."""
    kept: dict[tuple[str, str, str | None], Example] = {}
    for example in examples:
        kept.setdefault((fold(example.text), example.intent, example.topic), example)
    return list(kept.values())


def read_nlu_file(path: Path) -> list[Example]:
    """The examples of one Rasa NLU file. Raises UserMistake with the file and line of what cannot be used."""
    root = _compose(path)
    if root is None:
        return []
    keys = _mapping(root, path)
    for unknown in keys.keys() - _NLU_KEYS:
        raise _mistake(path, keys[unknown], f"unknown key '{unknown}' (expected version, nlu)")
    examples: list[Example] = []
    for block in _sequence(keys["nlu"], path) if "nlu" in keys else ():
        examples.extend(_block(block, path))
    return examples


def read_faq_file(path: Path) -> list[Example]:
    """The questions and variants of one FAQ file, as `question` examples of its topic. Raises UserMistake."""
    root = _compose(path)
    if root is None:
        return []
    keys = _mapping(root, path)
    if "topic" not in keys or "articles" not in keys:
        raise _mistake(path, root, "an FAQ file needs the keys topic and articles")
    topic = _scalar(keys["topic"], path)
    examples: list[Example] = []
    for article in _sequence(keys["articles"], path):
        for language, node in _mapping(article, path).items():
            if not is_language(language):
                continue
            parts = _mapping(node, path)
            texts = [parts["question"]] if "question" in parts else []
            texts.extend(_sequence(parts["variants"], path) if "variants" in parts else ())
            examples.extend(Example(_scalar(text, path), "question", topic, language) for text in texts)
    return examples


def _block(node: yaml.Node, path: Path) -> Iterator[Example]:
    keys = _mapping(node, path)
    if "intent" not in keys or "examples" not in keys:
        raise _mistake(path, node, "a block needs the keys intent and examples")
    intent = _scalar(keys["intent"], path)
    if intent not in INTENTS:
        raise _mistake(path, keys["intent"], f"unknown intent '{intent}' (expected one of {', '.join(INTENTS)})")
    metadata = _mapping(keys["metadata"], path) if "metadata" in keys else {}
    topic = _scalar(metadata["topic"], path) if "topic" in metadata else None
    if topic is not None and intent not in TRIAGE:
        raise _mistake(path, metadata["topic"], f"an example of '{intent}' has no topic")
    language = _scalar(metadata["language"], path) if "language" in metadata else _language_of(path)
    for text in _lines(keys["examples"], path):
        yield Example(text, intent, topic, language)


def _lines(node: yaml.Node, path: Path) -> Iterator[str]:
    """The examples of a literal block, one a line, each beginning with a dash."""
    first = node.start_mark.line + 2  # the text begins on the line after the key's
    for number, line in enumerate(_scalar(node, path).splitlines(), first):
        if not line.strip():
            continue
        if not line.startswith("- ") or not line[2:].strip():
            raise UserMistake(f"{path}:{number}: an example must begin with '- ' and have a text")
        yield line[2:].strip()


def _language_of(path: Path) -> str:
    return path.parent.name if is_language(path.parent.name) else ""


def _compose(path: Path) -> yaml.Node | None:
    try:
        with path.open(encoding="utf-8") as stream:
            return _first_document(stream)
    except UnicodeDecodeError as error:
        raise UserMistake(f"{path}: not UTF-8 text (byte {error.start})") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise UserMistake(f"{path}:{line}: broken YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise UserMistake(f"{path}: broken YAML: {' '.join(str(error).split())}") from error


def _first_document(stream: TextIO) -> yaml.Node | None:
    node: yaml.Node | None = yaml.compose(stream, Loader=yaml.CSafeLoader)
    return node


def _mistake(path: Path, node: yaml.Node, what: str) -> UserMistake:
    return UserMistake(f"{path}:{node.start_mark.line + 1}: {what}")


def _mapping(node: yaml.Node, path: Path) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        raise _mistake(path, node, "expected keys and values here")
    return {_scalar(key, path): value for key, value in node.value}


def _sequence(node: yaml.Node, path: Path) -> list[yaml.Node]:
    if not isinstance(node, yaml.SequenceNode):
        raise _mistake(path, node, "expected a list here")
    return list(node.value)


def _scalar(node: yaml.Node, path: Path) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _mistake(path, node, "expected a text here")
    return str(node.value)
