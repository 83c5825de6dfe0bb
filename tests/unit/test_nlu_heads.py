"""N-grams, heads and their calibration, on the real encoder and a handful of messages."""

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.errors import UserMistake
from bot.nlu.encoder import shared_encoder
from bot.nlu.fitting import best_sharpness, calibrate, fit_head
from bot.nlu.heads import NO_TOPIC, Calibration, LinearHead, guess_topic, softmax
from bot.nlu.ngrams import Ngrams, characters, words
from bot.nlu.text import fold
from bot.types.understanding import Guess

TOPICS = {
    "card_block": [
        "zgubiłem kartę, co robić",
        "ukradli mi portfel z kartą",
        "proszę zablokować moją kartę",
        "я потерял карту",
        "у меня украли карту, заблокируйте",
        "i lost my card",
        "my card was stolen, block it",
        "how do I freeze my card",
    ],
    "password_reset": [
        "nie pamiętam hasła",
        "jak zmienić hasło do banku",
        "zapomniałam hasła, pomocy",
        "забыл пароль",
        "как восстановить пароль",
        "i forgot my password",
        "how to reset my password",
        "change password please",
    ],
    NO_TOPIC: [
        "cześć",
        "dzięki",
        "какая завтра погода",
        "привет",
        "tell me a joke",
        "good morning",
        "kto wygra mecz",
        "lol",
    ],
}
TEXTS = [text for texts in TOPICS.values() for text in texts]
LABELS = [topic for topic, texts in TOPICS.items() for _ in texts]


@pytest.fixture(scope="module")
def ngrams() -> Ngrams:
    return Ngrams.fit(TEXTS)


@pytest.fixture(scope="module")
def head(ngrams: Ngrams) -> LinearHead:
    return fit_head(shared_encoder().encode(TEXTS), ngrams.encode_many(TEXTS), LABELS)


def ranked(head: LinearHead, ngrams: Ngrams, text: str) -> list[Guess]:
    (vector,) = shared_encoder().encode([text])
    return head.rank(vector, *ngrams.encode(text))


def test_ngrams_weigh_as_scikit_learn_does(ngrams: Ngrams) -> None:
    probe = "zgubiłem kartę kartę i hasło"
    total = 0.0
    for pieces in (words, characters):
        reference = TfidfVectorizer(analyzer=lambda text, cut=pieces: cut(fold(text)), sublinear_tf=True).fit(TEXTS)
        total += float(reference.transform([probe]).sum())
    columns, values = ngrams.encode(probe)
    assert len(set(columns.tolist())) == len(columns)
    assert float(values.sum()) == pytest.approx(total, rel=1e-4)


def test_pieces_of_characters_are_those_of_char_wb() -> None:
    reference = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)).build_analyzer()
    for text in ("karta", "moja karta nie działa", "a", "ok ok"):
        assert set(characters(fold(text))) == set(reference(fold(text)))


def test_ngrams_survive_storage(ngrams: Ngrams, tmp_path: Path) -> None:
    ngrams.save(tmp_path)
    again = Ngrams.load(tmp_path)
    assert again.size == ngrams.size
    for text in (*TEXTS, "", "never seen before"):
        for stored, fresh in zip(again.encode(text), ngrams.encode(text), strict=True):
            np.testing.assert_allclose(stored, fresh, rtol=1e-4)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("skradziono mi karte", "card_block"),
        ("потеряла карту", "card_block"),
        ("hwo do i reset my pasword", "password_reset"),
        ("jak odzyskać hasło", "password_reset"),
        ("jaka jutro pogoda", NO_TOPIC),
    ],
)
def test_a_head_knows_new_messages(head: LinearHead, ngrams: Ngrams, text: str, topic: str) -> None:
    assert ranked(head, ngrams, text)[0].name == topic


def test_probabilities_fall_and_make_one(head: LinearHead, ngrams: Ngrams) -> None:
    chances = [guess.confidence for guess in ranked(head, ngrams, "zgubiłem kartę")]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) == pytest.approx(1.0, abs=1e-4)


def test_a_head_survives_storage(head: LinearHead, ngrams: Ngrams, tmp_path: Path) -> None:
    head.save(tmp_path)
    again = LinearHead.load(tmp_path)
    for text in ("zgubiłem kartę", "", "¯\\_(ツ)_/¯"):
        before, after = ranked(head, ngrams, text), ranked(again, ngrams, text)
        assert [guess.name for guess in before] == [guess.name for guess in after]
        assert [guess.confidence for guess in after] == pytest.approx([guess.confidence for guess in before], abs=1e-2)


def test_many_messages_rank_as_one(head: LinearHead, ngrams: Ngrams) -> None:
    texts = TEXTS[:5]
    together = head.rank_all(shared_encoder().encode(texts), ngrams.encode_many(texts))
    for text, guesses in zip(texts, together, strict=True):
        alone = ranked(head, ngrams, text)
        assert [guess.name for guess in guesses] == [guess.name for guess in alone]


def test_two_labels_and_a_rare_third_can_be_learnt(ngrams: Ngrams) -> None:
    texts = [*TEXTS[:16], "cześć"]
    labels = [*LABELS[:16], NO_TOPIC]
    for upto in (16, 17):
        head = fit_head(shared_encoder().encode(texts[:upto]), ngrams.encode_many(texts[:upto]), labels[:upto])
        assert ranked(head, ngrams, "ukradli mi kartę")[0].name == "card_block"


def test_one_label_is_nothing_to_learn() -> None:
    with pytest.raises(UserMistake, match="at least two different labels"):
        fit_head(np.zeros((2, 4), np.float32), sp.csr_matrix((2, 3), dtype=np.float32), ["a", "a"])


def test_sharpness_makes_the_confidence_true() -> None:
    random = np.random.default_rng(0)
    true = random.integers(0, 4, 4000)
    scores = np.zeros((4000, 4), np.float32)
    # the margin's sign is right 80 times of 100, and its size says nothing more
    right = random.random(4000) < 0.8
    scores[np.arange(4000), np.where(right, true, (true + 1) % 4)] = 0.3
    calibration = calibrate(scores, true)
    _, chances = calibration.apply(scores[:1])
    assert best_sharpness(scores, true) > 5
    assert float(chances.max()) == pytest.approx(0.8, abs=0.03)


def test_softmax_does_not_overflow() -> None:
    chances = softmax(np.array([[1000.0, 0.0], [-1000.0, 0.0]], np.float32))
    np.testing.assert_allclose(chances, [[1, 0], [0, 1]])


def test_a_curve_keeps_the_order() -> None:
    flat = Calibration(1.0, np.array([0, 1], np.float32), np.array([0.5, 0.5], np.float32))
    said, true = flat.apply(np.array([1.0, 2.0], np.float32))
    assert said[1] > said[0]
    np.testing.assert_allclose(true, [0.5, 0.5])


def test_a_topic_is_named_only_where_it_is_likelier_than_none() -> None:
    sure = guess_topic([Guess("card_pin", 0.6), Guess(NO_TOPIC, 0.3), Guess("card_block", 0.1)])
    assert (sure.name, sure.confidence) == ("card_pin", 0.6)
    unsure = guess_topic([Guess(NO_TOPIC, 0.7), Guess("card_pin", 0.2), Guess("card_block", 0.1)])
    assert (unsure.name, unsure.confidence) == (None, 0.2)
    assert [guess.name for guess in unsure.ranking] == ["card_pin", "card_block"]
    assert guess_topic([Guess(NO_TOPIC, 1.0)]).ranking == ()


def test_the_encoder_remembers_and_agrees_with_itself() -> None:
    encoder = shared_encoder()
    together = encoder.encode(["zgubiłem kartę", "i lost my card", "zgubiłem kartę"])
    assert together.shape == (3, encoder.size)
    np.testing.assert_array_equal(together[0], together[2])
    np.testing.assert_allclose(encoder.encode(["i lost my card"])[0], together[1], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-3)
    assert float(together[0] @ together[1]) > 0.5  # the same in two languages
    assert encoder.encode([]).shape == (0, encoder.size)
