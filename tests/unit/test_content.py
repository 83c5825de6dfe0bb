"""The company's words: what is wrong in its files is one line at the start, never an error in front of a customer."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from bot.company import Company, load_company
from bot.content import SAID, load_anger, load_faq, load_texts, read_yaml
from bot.errors import UserMistake

ROOT = Path(__file__).resolve().parents[2]
DAY = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
ARTICLE = """\
topic: card_pin
articles:
  - id: card_pin
    valid_to: 2026-12-31
    pl:
      title: PIN w {app}
      question: Jak zmienić PIN w {brand}?
      variants: [zmiana pinu, nowy pin]
      answer: W aplikacji {app}, na {site} albo pod {hotline}.
      link: /pin
"""


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A copy of the demo's texts in one file."""
    folder = tmp_path / "texts"
    folder.mkdir()
    all_texts = {k: v for path in (ROOT / "data" / "texts").glob("*.yml") for k, v in read_yaml(path).items()}
    (folder / "all.yml").write_text(yaml.safe_dump(all_texts, allow_unicode=True), encoding="utf-8")
    return folder


def change(folder: Path, key: str, **words: object) -> None:
    path = folder / "all.yml"
    known = read_yaml(path)
    known[key] = {**known.get(key, {}), **words}
    path.write_text(yaml.safe_dump(known, allow_unicode=True), encoding="utf-8")


def in_all(text: str) -> dict[str, object]:
    return {"pl": text, "ru": text, "en": text}


def test_the_demo_is_in_order(company: Company) -> None:
    texts = load_texts(ROOT / "data" / "texts")
    assert set(texts.group("", "pl")) == SAID, "bot/content.py lists what the code says"
    assert load_faq(ROOT / "data" / "faq", company).topics()
    assert set(load_anger(ROOT / "data" / "anger.yml")) == {"pl", "ru", "en"}


def test_a_company_may_say_it_in_its_own_words(texts: Path) -> None:
    change(texts, "greet", **in_all("Tu {brand} {{24/7}}"))
    assert load_texts(texts).say("greet", "pl", brand="Kiosk") == "Tu Kiosk {24/7}"


@pytest.mark.parametrize(
    ("key", "words", "said"),
    [
        ("greet", {"ru": None}, "'greet' in ru is missing"),
        ("greet", {"ru": ""}, "'greet' in ru is missing"),
        ("greet", {"ru": " "}, "'greet' in ru must be a text"),
        ("greet", {"ru": 24}, "'greet' in ru must be a text"),
        ("greet", {"ru": False}, "'greet' in ru must be a text"),
        ("greet", {"ru": ["a"]}, "'greet' in ru must be a text"),
        ("greet", in_all("Cena { 5 zł"), "'greet' in pl has a brace"),
        ("greet", in_all("Cena 5 zł }"), "'greet' in pl has a brace"),
        ("greet", in_all("Tu {bank}"), "'greet' in pl has the unknown placeholder {bank}"),
        ("greet", in_all("Tu {}"), "'greet' in pl has the unknown placeholder {}"),
        ("greet", in_all("Tu {0}"), "unknown placeholder {0}"),
        ("greet", in_all("Tu {brand.name}"), "unknown placeholder {brand.name}"),
        ("greet", in_all("Tu {brand!r}"), "unknown placeholder {brand with a format}"),
        ("greet", in_all("Tu {brand:d}"), "unknown placeholder {brand with a format}"),
        ("greet", in_all("Tu {brand:{brand}}"), "unknown placeholder {brand with a format}"),
        ("greet", {"ru": "{brand}"}, "the languages of 'greet' have different placeholders"),
        ("desk.joined", in_all("{brand}: {name}"), "'desk.joined' in pl has the unknown placeholder {brand}"),
        ("turn.failed", in_all("{brand}: {reference}"), "unknown placeholder {brand}"),
        ("words.cancel", in_all("{brand}"), "unknown placeholder {brand}"),
        ("widget.title", in_all("{brand}"), "unknown placeholder {brand}"),
        ("idea.taken", in_all("{when}"), "unknown placeholder {when}"),
        ("button.human", {"ru": "x" * 21}, "'button.human' is longer than a button's 20 characters"),
    ],
)
def test_a_text_that_cannot_be_said(texts: Path, key: str, words: dict[str, object], said: str) -> None:
    load_texts(texts)
    change(texts, key, **words)
    with pytest.raises(UserMistake) as caught:
        load_texts(texts)
    assert str(caught.value).startswith(f"{texts / 'all.yml'}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_text_that_is_not_there(texts: Path) -> None:
    known = read_yaml(texts / "all.yml")
    del known["handoff.closed"]
    (texts / "all.yml").write_text(yaml.safe_dump(known), encoding="utf-8")
    with pytest.raises(UserMistake, match=r"^[^\n]*the text 'handoff\.closed' is missing$"):
        load_texts(texts)


@pytest.mark.parametrize("words", ["Cześć", ["Cześć"], None, 5])
def test_a_text_without_languages(texts: Path, words: object) -> None:
    (texts / "more.yml").write_text(yaml.safe_dump({"greet": words}), encoding="utf-8")
    with pytest.raises(UserMistake, match="'greet' in pl is missing"):
        load_texts(texts)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("5: {pl: a}", "the key 5 is no text"),
        ("no: {pl: a}", "the key False is no text"),
        ("- greet", "expected 'key: value' pairs"),
        ("", "expected 'key: value' pairs"),
        ("greet: [", "line 2: not readable as YAML"),
        ("greet: 2026-02-31", "not readable (day is out of range"),
        (b"\xff\xfe", "not UTF-8"),
        (None, "not readable (Is a directory)"),
    ],
)
def test_a_file_that_cannot_be_read(texts: Path, content: str | bytes | None, said: str) -> None:
    path = texts / "more.yml"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserMistake) as caught:
        load_texts(texts)
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("pl:\n", "'pl' must be a list of texts"),
        ("pl: kurw\n", "'pl' must be a list of texts"),
        ("pl: {kurw: 1}\n", "'pl' must be a list of texts"),
        ("pl: [kurw, 5]\n", "'pl' must be a list of texts"),
        ("pl: [kurw, '']\n", "'pl' must be a list of texts"),
        ("pl: [kurw, ' ']\n", "'pl' must be a list of texts"),
        ("de: [mist]\n", "'de' is none of the languages"),
        ("[kurw]\n", "expected 'key: value' pairs"),
    ],
)
def test_anger_that_nobody_can_show(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "anger.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserMistake) as caught:
        load_anger(path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_anger_is_compared_in_lower_case(tmp_path: Path) -> None:
    path = tmp_path / "anger.yml"
    path.write_text("pl: [' Skandal']\nen: []\n", encoding="utf-8")
    assert load_anger(path) == {"pl": ["skandal"], "en": []}


def faq_with(folder: Path, old: str = "", new: str = "") -> Path:
    assert old in ARTICLE
    (folder / "card_pin.yml").write_text(ARTICLE.replace(old, new, 1), encoding="utf-8")
    return folder


def test_an_article_is_filled_for_a_brand(tmp_path: Path, company: Company) -> None:
    article = load_faq(faq_with(tmp_path), company).article("card_pin", "modrzew", DAY)
    assert article is not None
    text, brand = article.texts["pl"], company.brands["modrzew"]
    assert text.answer == f"W aplikacji {brand.app}, na {brand.site} albo pod {brand.hotline}."
    assert text.question == f"Jak zmienić PIN w {brand.name}?"
    assert text.variants == ("zmiana pinu", "nowy pin")


def test_a_title_is_cut_after_it_is_filled(tmp_path: Path, company: Company) -> None:
    faq = load_faq(faq_with(tmp_path, "PIN w {app}", "Zmiana kodu PIN {app}"), company)
    article = faq.article("card_pin", "modrzew", DAY)
    assert article is not None
    filled = f"Zmiana kodu PIN {company.brands['modrzew'].app}"
    assert article.texts["pl"].title == (filled if len(filled) <= 20 else f"{filled[:19].rstrip()}…")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("topic: card_pin", "topic: 5", "topic must be a text"),
        ("topic: card_pin", "topic:", "topic is missing"),
        ("id: card_pin", "id: 5", "id must be a text"),
        ("valid_to: 2026-12-31", "valid_to: 2026-12-31 10:00:00", "valid_to must be a date"),
        ("valid_to: 2026-12-31", "valid_to: jutro", "valid_to must be a date"),
        ("valid_to: 2026-12-31", "brand: kiosk", "brand 'kiosk' is not in okienko.yml"),
        ("valid_to: 2026-12-31", "brand: [modrzew]", "brand must be a text"),
        ("valid_to: 2026-12-31", "valid_till: 2026-12-31", "unknown key 'valid_till'"),
        ("PIN w {app}", "PIN w {apka}", "the pl title has the unknown placeholder {apka}"),
        ("PIN w {app}", "PIN w {app", "the pl title has a brace"),
        ("PIN w {app}", "2026-01-01", "the pl title must be a text"),
        ("w {brand}?", "w {bank}?", "the pl question has the unknown placeholder {bank}"),
        ("pod {hotline}", "pod {telefon}", "the pl answer has the unknown placeholder {telefon}"),
        ("pod {hotline}", "pod {hotline:>9}", "the pl answer has the unknown placeholder {hotline with a format}"),
        ("pod {hotline}", "pod {", "the pl answer has a brace"),
        ("[zmiana pinu, nowy pin]", "zmiana pinu", "the pl variants must be a list of texts"),
        ("[zmiana pinu, nowy pin]", "[zmiana pinu, 1234]", "the pl variants must be a list of texts"),
        ("link: /pin", "link: 5", "the pl link must be a text"),
        ("link: /pin", "links: /pin", "unknown key 'links' in the pl text"),
        ("question: Jak zmienić PIN w {brand}?", "question:", "the pl question is missing"),
        ("pl:\n", "pl: pin\n    ru:\n", "expected 'key: value' pairs"),
        ("pl:\n", "no:\n", "the key False is no text"),
        (ARTICLE[ARTICLE.index("articles:") :], "articles: 5\n", "'articles' must be a list"),
        (ARTICLE[ARTICLE.index("articles:") :], "articles:\n", "'articles' must be a list"),
        (ARTICLE[ARTICLE.index("articles:") :], "articles: [5]\n", "expected 'key: value' pairs"),
        (ARTICLE[ARTICLE.index("articles:") :], "articles: [{id: a}]\n", "article 'a' has no text in any language"),
    ],
)
def test_an_article_that_cannot_be_told(tmp_path: Path, company: Company, old: str, new: str, said: str) -> None:
    load_faq(faq_with(tmp_path), company)
    with pytest.raises(UserMistake) as caught:
        load_faq(faq_with(tmp_path, old, new), company)
    assert str(caught.value).startswith(f"{tmp_path / 'card_pin.yml'}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_among_the_articles(tmp_path: Path, company: Company) -> None:
    (tmp_path / "x.yml").mkdir()
    with pytest.raises(UserMistake, match=r"x\.yml: not readable \(Is a directory\)$"):
        load_faq(tmp_path, company)


@pytest.mark.parametrize("empty", [True, False])
def test_nothing_at_all(tmp_path: Path, company: Company, empty: bool) -> None:
    folder = tmp_path if empty else tmp_path / "missing"
    with pytest.raises(UserMistake, match="there are no FAQ articles"):
        load_faq(folder, company)
    with pytest.raises(UserMistake, match="there are no texts"):
        load_texts(folder)
    with pytest.raises(UserMistake, match="is missing"):
        load_anger(tmp_path / "anger.yml")


@pytest.mark.parametrize(("country", "known"), [("CZ", True), ("XX", False), ("pl", False)])
def test_a_country_has_known_holidays(tmp_path: Path, country: str, known: bool) -> None:
    text = (ROOT / "okienko.yml").read_text(encoding="utf-8")
    assert "country: PL\n" in text
    path = tmp_path / "okienko.yml"
    path.write_text(text.replace("country: PL\n", f"country: {country}\n"), encoding="utf-8")
    if known:
        assert load_company(path).country == country
        return
    with pytest.raises(UserMistake) as caught:
        load_company(path)
    assert str(caught.value).startswith(f"{path}: country: no public holidays are known for '{country}'")
