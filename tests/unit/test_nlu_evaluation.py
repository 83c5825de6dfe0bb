"""The figures of a report, on messages small enough to count by hand."""

import io
import json

import pytest
from rich.console import Console

from bot.commands.report_tables import print_report
from bot.errors import UserMistake
from bot.nlu.evaluation import OVERALL, Labelled, calibration_error, evaluate, read_labelled
from bot.types.understanding import Guess, Thresholds, Understanding


def understood(intent: str, topic: str | None = None, sure: float = 0.9, *also: str) -> Understanding:
    ranking = tuple(Guess(name, sure) for name in ([topic] if topic else []) + list(also))
    return Understanding("pl", intent, sure, topic, sure if topic else 0.0, ranking, model="m")


MESSAGES = [
    (Labelled("a", "question", "card_pin", "pl"), understood("question", "card_pin")),
    (Labelled("b", "question", "card_pin", "pl"), understood("question", "card_block", 0.9, "card_pin")),
    (Labelled("c", "question", "card_pin", "en"), understood("complaint", "card_pin")),
    (Labelled("d", "other", None, "en"), understood("question", "card_pin")),
    (Labelled("e", "other", None, "en"), understood("other")),
]


def test_figures() -> None:
    report = evaluate([a for a, _ in MESSAGES], [b for _, b in MESSAGES], Thresholds())
    polish, english, overall = report.scores["pl"], report.scores["en"], report.scores[OVERALL]
    assert (polish.messages, polish.triage_accuracy, polish.questions) == (2, 1.0, 2)
    assert (polish.topic_top1, polish.topic_top3) == (0.5, 1.0)
    assert (polish.answered, polish.answered_right, polish.answered_astray) == (1.0, 0.5, None)
    assert english.triage_accuracy == pytest.approx(1 / 3)
    assert (english.topic_top1, english.answered, english.answered_right, english.answered_astray) == (
        1.0,
        0.0,
        None,
        0.5,
    )
    assert overall.messages == 5
    # questions: precision 2/3, recall 2/3; other: precision 1, recall 1/2
    assert overall.triage_macro_f1 == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert report.intents["question"] == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert report.confusion["question"] == {"question": 2, "complaint": 1}
    assert report.topic_confusion == [("card_pin", "card_block", 1)]


def test_calibration_error() -> None:
    assert calibration_error([]) is None
    assert calibration_error([(1.0, True), (1.0, True)]) == 0.0
    assert calibration_error([(0.75, True), (0.75, True), (0.75, True), (0.75, False)]) == pytest.approx(0.0)
    assert calibration_error([(0.9, False), (0.1, True)]) == pytest.approx(0.9)


def test_the_report_prints_and_goes_into_a_file() -> None:
    report = evaluate([a for a, _ in MESSAGES], [b for _, b in MESSAGES], Thresholds())
    assert json.loads(json.dumps(report.to_json()))["scores"]["pl"]["topic_top3"] == 1.0
    paper = io.StringIO()
    print_report(report, Console(file=paper, width=140))
    assert "macro-F1" in paper.getvalue()
    assert "card_block" in paper.getvalue()


def test_labelled_lines() -> None:
    lines = [
        '{"text": "a", "intent": "question", "topic": "card_pin", "lang": "pl"}',
        "",
        '{"text": "b", "intent": "other"}',
    ]
    assert list(read_labelled(lines, "f")) == [Labelled("a", "question", "card_pin", "pl"), Labelled("b", "other")]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "not JSON"),
        ("[]", "expected"),
        ('{"intent": "other"}', "expected"),
        ('{"text": "a", "intent": "nonsense"}', "unknown intent 'nonsense'"),
        ('{"text": "a", "intent": "other", "lang": "xx"}', "unknown language 'xx'"),
    ],
)
def test_a_bad_line_is_told(line: str, what: str) -> None:
    with pytest.raises(UserMistake, match=what) as caught:
        list(read_labelled(["", line], "f.jsonl"))
    assert caught.value.message.startswith("f.jsonl:2: ")
