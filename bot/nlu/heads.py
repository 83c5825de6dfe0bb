"""A head: one linear decision over a message's sentence vector and its n-grams, with calibrated probabilities.

Two heads look at the same features. *Triage* says what kind of message it is (one of INTENTS), *topic* what it is about;
the topic head has one more label, NO_TOPIC, learnt from small talk and from everything that is none of our business, so
that a message out of scope gets no topic instead of the least wrong one. This module only decides (numpy, tens of
microseconds a message); `bot.nlu.fitting` learns.
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


class LinearHead:
    """Labels, their weights, and the sharpness that turns scores into honest probabilities."""

    def __init__(self, labels: tuple[str, ...], weights: Weights, sharpness: float) -> None:
        self.labels = labels
        self.sharpness = sharpness
        self._weights = weights

    def scores(self, vectors: Floats, ngrams: sp.csr_matrix) -> Floats:
        """The scores of many messages, shape (messages, labels)."""
        return score_all(self._weights, vectors, ngrams)

    def probabilities(self, vector: Floats, columns: Indices, values: Floats) -> Floats:
        """The calibrated probabilities of one message's labels, in the order of `labels`."""
        weights = self._weights
        scores = vector @ weights.dense
        scores += weights.bias
        if len(columns):
            scores += values @ weights.sparse[columns]
        return softmax(scores * self.sharpness)

    def rank(self, vector: Floats, columns: Indices, values: Floats) -> list[Guess]:
        """All labels of one message with their probabilities, the likeliest first."""
        chances = self.probabilities(vector, columns, values)
        return [Guess(self.labels[number], float(chances[number])) for number in np.argsort(-chances, kind="stable")]

    def save(self, folder: Path) -> None:
        """Writes `head.json` and `head.npz`. The many weights of n-grams are kept in half precision."""
        state = {"labels": self.labels, "sharpness": self.sharpness}
        (folder / "head.json").write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
        weights = self._weights
        np.savez(folder / "head.npz", dense=weights.dense, sparse=weights.sparse.astype(np.float16), bias=weights.bias)

    @classmethod
    def load(cls, folder: Path) -> "LinearHead":
        """Reads what `save` wrote."""
        state = json.loads((folder / "head.json").read_text(encoding="utf-8"))
        with np.load(folder / "head.npz", allow_pickle=False) as arrays:
            weights = Weights(arrays["dense"], arrays["sparse"].astype(np.float32), arrays["bias"])
        return cls(tuple(state["labels"]), weights, float(state["sharpness"]))


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
