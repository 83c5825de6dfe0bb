"""Reading training data, and telling people where it is broken."""

from pathlib import Path

import pytest

from bot.errors import UserMistake
from bot.nlu.data import Example, read_examples, read_faq_file, read_nlu_file, without_repeats

NLU = """\
version: "3.1"
nlu:
- intent: question
  metadata: {language: pl, topic: card_block}
  examples: |
    - zgubiłem kartę, co robić
    - jak zablokować karte?
- intent: greet
  examples: |
    - cześć
"""

FAQ = """\
topic: card_pin
articles:
  - id: card_pin
    pl:
      title: PIN
      question: Jak zmienić PIN?
      variants: [nowy pin]
      answer: W aplikacji.
    en:
      title: PIN
      question: How do I change my PIN?
      answer: In the app.
  - id: card_pin.fala
    brand: fala
    ru: {title: ПИН, question: Как сменить ПИН?, variants: [], answer: Там же.}
"""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_an_nlu_file(tmp_path: Path) -> None:
    assert read_nlu_file(write(tmp_path / "pl" / "cards.yml", NLU)) == [
        Example("zgubiłem kartę, co robić", "question", "card_block", "pl"),
        Example("jak zablokować karte?", "question", "card_block", "pl"),
        Example("cześć", "greet", None, "pl"),  # the language of the folder
    ]


def test_an_faq_file_is_questions_of_its_topic(tmp_path: Path) -> None:
    assert read_faq_file(write(tmp_path / "card_pin.yml", FAQ)) == [
        Example("Jak zmienić PIN?", "question", "card_pin", "pl"),
        Example("nowy pin", "question", "card_pin", "pl"),
        Example("How do I change my PIN?", "question", "card_pin", "en"),
        Example("Как сменить ПИН?", "question", "card_pin", "ru"),
    ]


def test_a_folder_joins_both_without_repeats(tmp_path: Path) -> None:
    write(tmp_path / "nlu" / "pl" / "cards.yml", NLU)
    write(tmp_path / "nlu" / "pl" / "more.yml", NLU.replace("- cześć", "- Czesc\n    - hej"))
    write(tmp_path / "faq" / "card_pin.yml", FAQ)
    texts = [example.text for example in read_examples(tmp_path)]
    assert texts[:4] == ["zgubiłem kartę, co robić", "jak zablokować karte?", "cześć", "hej"]
    assert len(texts) == 8


def test_the_same_words_with_another_label_are_kept() -> None:
    twice = [Example("karta", "question", "card_block"), Example("KARTA", "other"), Example("karta", "other")]
    assert without_repeats(twice) == twice[:2]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("version: '3.1'\nnlu:\n- intent: [question\n", 4, "broken YAML"),
        ("nlu:\n- intent: qestion\n  examples: |\n    - a\n", 2, "unknown intent 'qestion'"),
        ("nlu:\n- intent: greet\n", 2, "needs the keys"),
        ("nlu:\n- intent: greet\n  examples: |\n    - hej\n    cześć\n", 5, "must begin with"),
        ("nlu:\n- intent: greet\n  metadata: {topic: card_pin}\n  examples: |\n    - hej\n", 3, "has no topic"),
        ("nlu:\n  intent: greet\n", 2, "expected a list"),
        ("nlu:\n- greet\n", 2, "expected keys"),
        ("version: '3.1'\nrules: []\n", 2, "unknown key 'rules'"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    path = write(tmp_path / "nlu" / "pl" / "cards.yml", text)
    with pytest.raises(UserMistake) as caught:
        read_examples(tmp_path)
    assert caught.value.message.startswith(f"{path}:{line}: ")
    assert what in caught.value.message
    assert "\n" not in caught.value.message


def test_an_faq_without_a_topic(tmp_path: Path) -> None:
    with pytest.raises(UserMistake, match="needs the keys topic and articles"):
        read_faq_file(write(tmp_path / "x.yml", "articles: []\n"))


def test_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "nlu" / "x.yml"
    path.parent.mkdir()
    path.write_bytes(b"nlu:\n- intent: greet \xff\n")
    with pytest.raises(UserMistake, match="not UTF-8"):
        read_examples(tmp_path)


def test_no_data_at_all(tmp_path: Path) -> None:
    with pytest.raises(UserMistake, match="no examples found"):
        read_examples(tmp_path)
    with pytest.raises(UserMistake, match="no such folder"):
        read_examples(tmp_path / "nowhere")


def test_the_demo_data_can_be_read() -> None:
    examples = read_examples(Path(__file__).parents[2] / "data")
    topics = {example.topic for example in examples if example.intent == "question" and example.topic}
    assert len(topics) == 50
    for language in ("pl", "ru", "en"):
        assert {example.topic for example in examples if example.language == language} == {*topics, None}
