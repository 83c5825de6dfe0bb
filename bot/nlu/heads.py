"""A head: one linear decision over a message's sentence vector and its n-grams, with calibrated probabilities.

Two heads look at the same features. *Triage* says what kind of message it is (one of INTENTS), *topic* what it is
about; the topic head has one more label, NO_TOPIC, learnt from small talk and from everything that is none of our
business, so that a message out of scope gets no topic instead of the least wrong one. This module only decides (numpy,
tens of microseconds a message); `bot.nlu.fitting` learns.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from bot.types.understanding import Guess

NO_TOPIC = "-"

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Weights:
    """A linear decision: `dense` (vector size, labels), `sparse` (n-grams, labels), `bias` (labels)."""

    dense: Floats
    sparse: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class Calibration:
    """From scores to honest probabilities: the softmax of the scores times `sharpness`, then a rising curve.

    `said` and `true` are the curve's points: where the softmax says `said[i]`, it was right `true[i]` of the time.
    """

    sharpness: float
    said: Floats
    true: Floats

    def apply(self, scores: Floats) -> tuple[Floats, Floats]:
        """The softmax (in whose order the labels are ranked) and the probabilities, both in the scores' shape."""
        said = softmax(scores * self.sharpness)
        return said, np.interp(said, self.said, self.true).astype(np.float32)


class LinearHead:
    """Labels, their weights, and how their scores become probabilities."""

    def __init__(self, labels: tuple[str, ...], weights: Weights, calibration: Calibration) -> None:
        self.labels = labels
        self._weights = weights
        self._calibration = calibration

    def rank(self, vector: Floats, columns: Indices, values: Floats) -> list[Guess]:
        """All labels of one message with their calibrated probabilities, the likeliest first."""
        weights = self._weights
        scores = vector @ weights.dense
        scores += weights.bias
        if len(columns):
            scores += values @ weights.sparse[columns]
        return self._ranked(scores)

    def rank_all(self, vectors: Floats, ngrams: sp.csr_matrix) -> list[list[Guess]]:
        """The same for many messages: `vectors` (messages, vector size), `ngrams` (messages, n-grams)."""
        return [self._ranked(scores) for scores in score_all(self._weights, vectors, ngrams)]

    def _ranked(self, scores: Floats) -> list[Guess]:
        said, true = self._calibration.apply(scores)
        order = np.argsort(-said, kind="stable").tolist()
        chances = true.tolist()
        return [Guess(self.labels[number], chances[number]) for number in order]

    def save(self, folder: Path) -> None:
        """Writes `head.json` and `head.npz`. The many weights of n-grams are kept in half precision."""
        calibration = self._calibration
        state = {"labels": self.labels, "sharpness": calibration.sharpness}
        (folder / "head.json").write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
        weights = self._weights
        np.savez(
            folder / "head.npz",
            dense=weights.dense,
            sparse=weights.sparse.astype(np.float16),
            bias=weights.bias,
            said=calibration.said,
            true=calibration.true,
        )

    @classmethod
    def load(cls, folder: Path) -> "LinearHead":
        """Reads what `save` wrote."""
        state = json.loads((folder / "head.json").read_text(encoding="utf-8"))
        with np.load(folder / "head.npz", allow_pickle=False) as arrays:
            weights = Weights(arrays["dense"], arrays["sparse"].astype(np.float32), arrays["bias"])
            calibration = Calibration(float(state["sharpness"]), arrays["said"], arrays["true"])
        return cls(tuple(state["labels"]), weights, calibration)


def score_all(weights: Weights, vectors: Floats, ngrams: sp.csr_matrix) -> Floats:
    """The scores of many messages, shape (messages, labels)."""
    return np.asarray(vectors @ weights.dense + ngrams @ weights.sparse + weights.bias, dtype=np.float32)


def softmax(scores: Floats) -> Floats:
    """Scores (any leading shape, labels last) as probabilities."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class TopicGuess:
    """What the topic head says: `name` is None where "no topic" is likelier than every topic.

    `ranking` holds topics only, best first; `confidence` is the best topic's probability, whether or not it is named.
    """

    name: str | None
    confidence: float
    ranking: tuple[Guess, ...]


def guess_topic(ranked: list[Guess], shown: int = 5) -> TopicGuess:
    """A topic head's ranking without its NO_TOPIC label, cut to the `shown` best."""
    topics = tuple(guess for guess in ranked if guess.name != NO_TOPIC)
    if not topics:
        return TopicGuess(None, 0.0, ())
    name = topics[0].name if ranked[0].name != NO_TOPIC else None
    return TopicGuess(name, topics[0].confidence, topics[:shown])
