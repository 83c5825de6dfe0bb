"""How good an understanding is: labelled messages against what was understood of them. Needs no Rasa.

Triage is measured over all messages, topic over questions that have one. Calibration is the expected calibration error:
how far "80 % sure" is from being right 80 times of 100, over ten equal steps of confidence.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.errors import UserMistake
from bot.rules.decide import decide
from bot.types.languages import is_language
from bot.types.understanding import INTENTS, Action, Thresholds, Understanding

OVERALL = "all"
_STEPS = 10


@dataclass(frozen=True, slots=True)
class Labelled:
    """A message with what it truly is. `language` is "" where the file does not say."""

    text: str
    intent: str
    topic: str | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """The figures of one language (or of all), each 0 to 1; None where there was nothing to measure.

    `answered` is the share of questions with a topic that got an FAQ answer, `answered_right` how many of those answers
    were on the right topic, `answered_astray` the share of messages without a topic that got one all the same.
    """

    messages: int
    triage_accuracy: float
    triage_macro_f1: float
    triage_error: float  # expected calibration error
    questions: int
    topic_top1: float | None
    topic_top3: float | None
    topic_error: float | None  # expected calibration error
    answered: float | None
    answered_right: float | None
    answered_astray: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """Figures for each language, precision, recall and F1 of each intent, and who was taken for whom."""

    model: str
    scores: dict[str, Score]
    intents: dict[str, tuple[float, float, float]]
    confusion: dict[str, dict[str, int]]  # true intent -> understood intent -> messages
    topic_confusion: list[tuple[str, str, int]]  # true topic, understood topic, messages; the worst first

    def to_json(self) -> dict[str, Any]:
        """The report for a file."""
        return asdict(self)


def read_labelled(lines: Iterable[str], name: str) -> Iterator[Labelled]:
    """Labelled messages from JSON lines. Raises UserMistake with the line of what cannot be used."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise UserMistake(f"{name}:{number}: not JSON: {error}") from error
        if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
            raise UserMistake(f'{name}:{number}: expected {{"text": ..., "intent": ...}}')
        if entry.get("intent") not in INTENTS:
            raise UserMistake(f"{name}:{number}: unknown intent {entry.get('intent')!r} (one of {', '.join(INTENTS)})")
        language = entry.get("lang", "")
        if language and not is_language(language):
            raise UserMistake(f"{name}:{number}: unknown language {language!r}")
        yield Labelled(entry["text"], entry["intent"], entry.get("topic") or None, language or "")


def evaluate(labelled: Sequence[Labelled], understood: Sequence[Understanding], thresholds: Thresholds) -> Report:
    """The report on messages and what was understood of them, in the same order."""
    pairs = list(zip(labelled, understood, strict=True))
    by_language: dict[str, list[tuple[Labelled, Understanding]]] = {}
    for pair in pairs:
        by_language.setdefault(pair[0].language or pair[1].language, []).append(pair)
    groups = {**dict(sorted(by_language.items())), OVERALL: pairs}
    confusion: dict[str, dict[str, int]] = {}
    for true, got in pairs:
        row = confusion.setdefault(true.intent, {})
        row[got.intent] = row.get(got.intent, 0) + 1
    astray = Counter(
        (true.topic, _best_topic(got) or "-") for true, got in pairs if _asks(true) and _best_topic(got) != true.topic
    )
    return Report(
        model=understood[0].model if understood else "",
        scores={language: _score(group, thresholds) for language, group in groups.items() if group},
        intents=_by_intent([(true.intent, got.intent) for true, got in pairs]),
        confusion=confusion,
        topic_confusion=[(str(true), got, count) for (true, got), count in astray.most_common(20)],
    )


def calibration_error(judged: Sequence[tuple[float, bool]]) -> float | None:
    """The expected calibration error of confidences, each with whether it was right."""
    if not judged:
        return None
    steps: list[list[tuple[float, bool]]] = [[] for _ in range(_STEPS)]
    for confidence, right in judged:
        steps[min(int(confidence * _STEPS), _STEPS - 1)].append((confidence, right))
    gaps = (abs(sum(confidence for confidence, _ in step) - sum(right for _, right in step)) for step in steps)
    return sum(gaps) / len(judged)


def _score(pairs: Sequence[tuple[Labelled, Understanding]], thresholds: Thresholds) -> Score:
    asked = [(true, got) for true, got in pairs if _asks(true)]
    answers = [(true, got) for true, got in asked if decide(got, thresholds) is Action.ANSWER]
    aimless = [got for true, got in pairs if true.topic is None]
    figures = _by_intent([(true.intent, got.intent) for true, got in pairs])
    true_intents = {true.intent for true, _ in pairs}
    return Score(
        messages=len(pairs),
        triage_accuracy=_share([true.intent == got.intent for true, got in pairs]) or 0.0,
        triage_macro_f1=sum(figures[intent][2] for intent in true_intents) / len(true_intents),
        triage_error=calibration_error([(got.intent_confidence, true.intent == got.intent) for true, got in pairs])
        or 0.0,
        questions=len(asked),
        topic_top1=_share([_best_topic(got) == true.topic for true, got in asked]),
        topic_top3=_share([true.topic in {guess.name for guess in got.topics[:3]} for true, got in asked]),
        topic_error=calibration_error([(got.topic_confidence, _best_topic(got) == true.topic) for true, got in asked]),
        answered=_share([decide(got, thresholds) is Action.ANSWER for _, got in asked]),
        answered_right=_share([got.topic == true.topic for true, got in answers]),
        answered_astray=_share([decide(got, thresholds) is Action.ANSWER for got in aimless]),
    )


def _by_intent(pairs: Sequence[tuple[str, str]]) -> dict[str, tuple[float, float, float]]:
    """Precision, recall and F1 of each intent that is there, in the order of INTENTS."""
    true, got = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    hits = Counter(a for a, b in pairs if a == b)
    figures: dict[str, tuple[float, float, float]] = {}
    for intent in INTENTS:
        if true[intent] or got[intent]:
            precision = hits[intent] / got[intent] if got[intent] else 0.0
            recall = hits[intent] / true[intent] if true[intent] else 0.0
            both = precision + recall
            figures[intent] = (precision, recall, 2 * precision * recall / both if both else 0.0)
    return figures


def _asks(true: Labelled) -> bool:
    return true.intent == "question" and true.topic is not None


def _best_topic(got: Understanding) -> str | None:
    """The likeliest topic, whether or not it is likely enough to be named."""
    return got.topics[0].name if got.topics else got.topic


def _share(truths: Sequence[bool]) -> float | None:
    return sum(truths) / len(truths) if truths else None
