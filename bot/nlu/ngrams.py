"""Word and character n-grams of a message as weighted numbers (TF-IDF), made fast for one message at a time.

The same numbers as scikit-learn's `TfidfVectorizer` gives (word 1-2 and char_wb 2-5, sublinear counts, smoothed idf,
each of the two blocks of length one), but a single message takes a tenth of the time: a message is short, so plain
dictionaries beat building and checking sparse matrices.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import log, sqrt
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from bot.nlu.text import fold

_WORD = re.compile(r"\w+|[^\w\s]")
_CHAR_SIZES = range(2, 6)

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int32]


def words(folded: str) -> list[str]:
    """The words (and marks: a '?' or an emoji says much) of a folded text, then its pairs of neighbours."""
    single = _WORD.findall(folded)
    return single + [f"{a} {b}" for a, b in pairwise(single)]


def characters(folded: str) -> list[str]:
    """The pieces of 2 to 5 characters inside each word, the word's borders written as blanks."""
    pieces: list[str] = []
    for word in folded.split():
        padded = f" {word} "
        length = len(padded)
        for size in _CHAR_SIZES:
            if length <= size:
                pieces.append(padded)
                break
            pieces.extend([padded[i : i + size] for i in range(length - size + 1)])
    return pieces


class Ngrams:
    """Learnt n-grams with their weights. `size` is the number of columns: words first, then characters."""

    def __init__(self, word_weights: dict[str, float], char_weights: dict[str, float]) -> None:
        self._words = _numbered(word_weights, 0)
        self._chars = _numbered(char_weights, len(word_weights))
        self.size = len(self._words) + len(self._chars)

    @classmethod
    def fit(cls, texts: Sequence[str], min_count: int = 2) -> "Ngrams":
        """Learns the n-grams that at least `min_count` of the texts have (in a small set: all of them)."""
        if len(texts) < 200:
            min_count = 1
        folded = [fold(text) for text in texts]
        return cls(
            _idf(Counter(gram for text in folded for gram in set(words(text))), len(texts), min_count),
            _idf(Counter(gram for text in folded for gram in set(characters(text))), len(texts), min_count),
        )

    def encode(self, text: str) -> tuple[Indices, Floats]:
        """The columns and values of one message."""
        folded = fold(text)
        columns: list[int] = []
        values: list[float] = []
        for grams, known in ((words(folded), self._words), (characters(folded), self._chars)):
            first = len(values)
            for gram, count in Counter(grams).items():
                entry = known.get(gram)
                if entry is not None:
                    columns.append(entry[0])
                    values.append(entry[1] if count == 1 else entry[1] * (1.0 + log(count)))
            norm = sqrt(sum(value * value for value in values[first:])) or 1.0
            values[first:] = [value / norm for value in values[first:]]
        return np.array(columns, dtype=np.int32), np.array(values, dtype=np.float32)

    def encode_many(self, texts: Iterable[str]) -> sp.csr_matrix:
        """One row for each message, shape (messages, `size`)."""
        rows = [self.encode(text) for text in texts]
        return self.stack(rows)

    def stack(self, rows: Sequence[tuple[Indices, Floats]]) -> sp.csr_matrix:
        """Encoded messages as the rows of one matrix."""
        ends = np.cumsum([0] + [len(columns) for columns, _ in rows])
        columns = np.concatenate([columns for columns, _ in rows]) if rows else np.empty(0, np.int32)
        values = np.concatenate([values for _, values in rows]) if rows else np.empty(0, np.float32)
        return sp.csr_matrix((values, columns, ends), shape=(len(rows), self.size))

    def save(self, folder: Path) -> None:
        """Writes the n-grams and their weights to `ngrams.json`."""
        state = {
            name: {gram: round(entry[1], 5) for gram, entry in known.items()}
            for name, known in (("words", self._words), ("chars", self._chars))
        }
        (folder / "ngrams.json").write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Ngrams":
        """Reads what `save` wrote."""
        state = json.loads((folder / "ngrams.json").read_text(encoding="utf-8"))
        return cls(state["words"], state["chars"])


def _numbered(weights: dict[str, float], first: int) -> dict[str, tuple[int, float]]:
    return {gram: (number, weight) for number, (gram, weight) in enumerate(weights.items(), first)}


def _idf(counts: Counter[str], texts: int, min_count: int) -> dict[str, float]:
    return {gram: log((1 + texts) / (1 + count)) + 1.0 for gram, count in sorted(counts.items()) if count >= min_count}
