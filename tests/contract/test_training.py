"""A small model, trained through Rasa's graph and asked over the command line."""

import argparse
import io
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.commands import understand
from bot.errors import UserMistake
from bot.nlu.quiet import quiet

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

EXAMPLES = {
    ("question", "card_block"): [
        "zgubiłem kartę, co robić",
        "ukradli mi portfel z kartą",
        "jak zablokować kartę w aplikacji",
        "karta zginela, pomocy",
        "я потерял карту",
        "как заблокировать карту",
        "i lost my card",
        "how can I freeze my card",
        "my card was stolen, what now",
    ],
    ("question", "account_number"): [
        "gdzie znajdę numer konta",
        "jaki mam iban",
        "podajcie nr rachunku do przelewu",
        "как узнать номер счёта",
        "где посмотреть реквизиты счета",
        "where is my account number",
        "what is the iban of my account",
        "swift code please",
    ],
    ("complaint", "card_block"): [
        "zablokowaliście mi kartę bez powodu, skandal",
        "to jest żenada, znowu karta zablokowana",
        "вы опять заблокировали карту, безобразие",
        "you blocked my card again, this is outrageous",
        "third time my card is blocked, I want compensation",
        "jestem wściekły, przez was zostałem bez karty",
    ],
    ("human", None): [
        "chcę rozmawiać z człowiekiem",
        "połącz mnie z konsultantem",
        "poproszę o kontakt z pracownikiem",
        "позовите оператора",
        "хочу поговорить с человеком",
        "talk to a human please",
        "connect me to an agent",
    ],
    ("greet", None): ["cześć", "dzień dobry", "привет", "здравствуйте", "hello", "hi there", "good morning"],
    ("other", None): [
        "jaka jutro pogoda",
        "kto wygrał mecz",
        "opowiedz dowcip",
        "какая завтра погода",
        "расскажи анекдот",
        "what is the weather like",
        "tell me a joke",
        "asdf qwer",
    ],
}

DOMAIN = """\
version: "3.1"
intents: [question, complaint, human, greet, other, nlu_fallback, choose_topic]
entities: [topic, phone, amount, card_last4]
responses:
  utter_hello:
  - text: hello
actions: []
"""

RULES = """\
version: "3.1"
rules:
- rule: a greeting is answered
  steps:
  - intent: greet
  - action: utter_hello
"""

FAQ = """\
topic: card_pin
articles:
  - id: card_pin
    pl: {question: Jak zmienić PIN do karty?, variants: [nie pamiętam pinu, zmiana pinu, nowy pin do karty]}
    en: {question: How do I change my PIN?, variants: [forgot my pin, new pin, pin change please]}
    ru: {question: Как сменить ПИН-код?, variants: [забыл пин код, поменять пин]}
"""


def command(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    understand.register(parser.add_subparsers(required=True))
    parsed = parser.parse_args(arguments)
    return int(parsed.run(parsed))


def write_project(home: Path) -> None:
    blocks: list[str] = ['version: "3.1"', "nlu:"]
    for (intent, topic), texts in EXAMPLES.items():
        blocks += [f"- intent: {intent}", *([f"  metadata: {{topic: {topic}}}"] if topic else []), "  examples: |"]
        blocks += [f"    - {text}" for text in texts]
    for name, text in {
        "domain.yml": DOMAIN,
        "data/rules.yml": RULES,
        "data/nlu/all.yml": "\n".join(blocks) + "\n",
        "data/faq/card_pin.yml": FAQ,
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny company's folder with its trained model in service."""
    folder = tmp_path_factory.mktemp("company")
    write_project(folder)
    assert command("train", "--data", str(folder / "data"), "--out", str(folder / "models")) == 0
    return folder


@pytest.fixture
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OKIENKO_HOME", str(home))
    return home


def archive_of(home: Path) -> Path:
    (archive,) = (home / "models").glob("okienko-*.tar.gz")
    return archive


def classify(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], messages: Sequence[object], *arguments: str
) -> list[dict[str, Any]]:
    lines = "".join(json.dumps(message, ensure_ascii=False) + "\n" for message in messages)
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    capfd.readouterr()
    assert command("classify", *arguments) == 0
    out, err = capfd.readouterr()
    assert err == ""  # neither Rasa nor TensorFlow says a word
    return [json.loads(line) for line in out.splitlines()]


def test_what_train_leaves_behind(home: Path) -> None:
    archive = archive_of(home)
    registry = json.loads((home / "models" / "registry.json").read_text(encoding="utf-8"))
    assert registry["current"] == archive.name
    assert not list((home / "models" / ".work").iterdir())


def test_classify(at_home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    texts = [
        "Zgubiłem kartę, co robić?",
        "Как узнать номер своего счёта?",
        "chcę rozmawiać z człowiekiem",
        "you blocked my card again, this is outrageous!!!",
        "forgot my pin",
    ]
    lines = classify(monkeypatch, capfd, [{"text": text} for text in texts])
    assert [list(line) for line in lines] == [
        ["text", "language", "intent", "intent_confidence", "topic", "topic_confidence", "action"]
    ] * len(texts)
    assert [line["text"] for line in lines] == texts
    assert [line["language"] for line in lines] == ["pl", "ru", "pl", "en", "en"]
    assert [line["intent"] for line in lines] == ["question", "question", "human", "complaint", "question"]
    assert [line["topic"] for line in lines] == ["card_block", "account_number", None, "card_block", "card_pin"]
    assert all(0 <= line["intent_confidence"] <= 1 and 0 <= line["topic_confidence"] <= 1 for line in lines)


def test_classify_takes_anything(
    at_home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    texts = ["", "   ", "👍", "/greet", '/choose_topic{"topic": "card_pin"}', "مرحبا", "x\u0000y", "karta " * 20_000]
    lines = classify(monkeypatch, capfd, [{"text": text} for text in texts])
    assert [line["text"] for line in lines] == texts
    assert [line["action"] for line in lines[:2]] == ["clarify", "clarify"]
    # what is typed is never an order, even where it looks like a button's payload
    assert lines[4]["intent"] != "choose_topic"


def test_a_told_language_stands_where_the_text_is_too_short(
    at_home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    messages = [{"text": "iban", "lang": "ru"}, {"text": "gdzie jest moja karta", "lang": "ru"}]
    assert [line["language"] for line in classify(monkeypatch, capfd, messages)] == ["ru", "pl"]


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ('{"text": \n', "line 1: not JSON"),
        ('\n{"txt": "a"}\n', "line 2: expected"),
        ('["a"]\n', "line 1: expected"),
        ('{"text": "a", "lang": "xx"}\n', "line 1: unknown language 'xx'"),
    ],
)
def test_a_bad_line_is_told(at_home: Path, monkeypatch: pytest.MonkeyPatch, lines: str, what: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    with pytest.raises(UserMistake, match=what):
        command("classify")


def test_models_that_are_not_there(at_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"text": "a"}\n'))
    with pytest.raises(UserMistake, match="no model 'nothing'"):
        command("classify", "--model", "nothing")
    (tmp_path / "broken.tar.gz").write_bytes(b"no archive")
    monkeypatch.setattr("sys.stdin", io.StringIO('{"text": "a"}\n'))
    with pytest.raises(UserMistake, match="not a model archive"):
        command("classify", "--model", str(tmp_path / "broken.tar.gz"))
    monkeypatch.setenv("OKIENKO_HOME", str(tmp_path))
    with pytest.raises(UserMistake, match="no model is in service"):
        command("classify")


def test_an_archive_that_is_cut_short_does_not_load(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = archive_of(home).read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    monkeypatch.setattr("sys.stdin", io.StringIO('{"text": "a"}\n'))
    with pytest.raises(UserMistake, match=r"cut\.tar\.gz"):
        command("classify", "--model", str(tmp_path / "cut.tar.gz"))


def test_evaluate(at_home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    labelled = tmp_path / "test.jsonl"
    messages = [
        {"text": "zgubiłam kartę", "intent": "question", "topic": "card_block", "lang": "pl"},
        {"text": "i lost my card", "intent": "question", "topic": "account_number", "lang": "en"},
        {"text": "chcę rozmawiać z człowiekiem", "intent": "human", "lang": "pl"},
    ]
    labelled.write_text("".join(json.dumps(message) + "\n" for message in messages), encoding="utf-8")
    assert command("evaluate", str(labelled), "--json", str(tmp_path / "out.json")) == 0
    assert "triage macro-F1" in capfd.readouterr().out
    scores = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["scores"]
    assert (scores["pl"]["topic_top1"], scores["en"]["topic_top1"]) == (1.0, 0.0)
    assert scores["all"]["triage_accuracy"] == 1.0
    with pytest.raises(UserMistake, match="cannot be read"):
        command("evaluate", str(tmp_path / "nowhere.jsonl"))


def test_models(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OKIENKO_HOME", str(tmp_path))
    models = tmp_path / "models"
    models.mkdir()
    for name in ("okienko-1.tar.gz", "okienko-2.tar.gz"):
        shutil.copy(archive_of(home), models / name)
    command("models", "promote", "okienko-1")
    command("models", "promote", "okienko-2")
    command("models", "rollback")
    capsys.readouterr()
    command("models", "list")
    newest, oldest = capsys.readouterr().out.splitlines()
    assert newest.startswith("okienko-2")
    assert newest.endswith("before it")
    assert oldest.endswith("in service")


def test_progress_only_rises(home: Path, tmp_path: Path) -> None:
    from bot.nlu.training import train

    told: list[tuple[float, str]] = []
    archive = train(home / "data", tmp_path, lambda done, step: told.append((done, step)))
    assert archive.is_file()
    parts = [done for done, _ in told]
    assert (parts[0], parts[-1]) == (0.0, 1.0)
    assert parts == sorted(parts)
    assert {step for _, step in told} >= {"loading", "importing", "encoding", "triage", "topic", "rules", "packing"}


def test_mistakes_in_the_data_are_told_before_anything_is_trained(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "data", tmp_path / "data")
    broken = tmp_path / "data" / "nlu" / "all.yml"
    broken.write_text(
        broken.read_text(encoding="utf-8").replace("- intent: greet", "- intent: [greet"), encoding="utf-8"
    )
    with pytest.raises(UserMistake, match=r"all\.yml:\d+: broken YAML"):
        command("train", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "models"))
    with pytest.raises(UserMistake, match="no such folder"):
        command("train", "--data", str(tmp_path / "nowhere"), "--out", str(tmp_path / "models"))
    assert not (tmp_path / "models").exists()


def test_contradicting_rules_are_one_line(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "data", tmp_path / "data")
    shutil.copy(home / "domain.yml", tmp_path / "domain.yml")
    rules = tmp_path / "data" / "rules.yml"
    rules.write_text(RULES + RULES.split("rules:\n")[1].replace("utter_hello", "action_listen"), encoding="utf-8")
    with pytest.raises(UserMistake, match="Rasa refuses the model") as caught:
        command("train", "--data", str(tmp_path / "data"), "--out", str(tmp_path / "models"))
    assert "\n" not in caught.value.message


async def test_the_dialogue_gets_buttons_and_understanding(home: Path) -> None:
    with quiet():
        from rasa.core.agent import Agent

        agent = Agent.load(str(archive_of(home)))
    pressed = await agent.parse_message('/choose_topic{"topic": "card_pin"}')
    assert pressed["intent"]["name"] == "choose_topic"
    assert [(entity["entity"], entity["value"]) for entity in pressed["entities"]] == [("topic", "card_pin")]
    spoken = await agent.parse_message("zgubiłem kartę, zadzwońcie na 601 234 567")
    assert spoken["language"] == {"name": "pl", "certain": True}
    assert [(entity["entity"], entity["value"]) for entity in spoken["entities"]] == [("phone", "+48601234567")]
    assert len(spoken["topic"]["ranking"]) == 3
    assert spoken["triage"]["confidence"] == max(guess["confidence"] for guess in spoken["intent_ranking"][-6:])


def test_an_uncertain_intent_falls_back(home: Path) -> None:
    with quiet():
        from rasa.shared.nlu.training_data.message import Message

        from bot.nlu.components import ConfidenceFallback
    messages = [Message({"text": "a", "intent": {"name": "idea", "confidence": sure}}) for sure in (0.49, 0.5)]
    unsure, sure = ConfidenceFallback({"threshold": 0.5}).process([*messages])
    assert unsure.get("intent")["name"] == "nlu_fallback"
    assert unsure.get("triage") == {"name": "idea", "confidence": 0.49}
    assert sure.get("intent") == {"name": "idea", "confidence": 0.5}
