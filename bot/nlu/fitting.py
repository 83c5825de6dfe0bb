"""How a head is learnt: linear support vectors (scikit-learn), calibrated on messages that were not learnt from.

A margin is no probability, and a model is always too sure of the messages it has learnt. So the examples are dealt into
folds, each fold is scored by a model of the others, and on those out-of-fold scores one number is chosen, the sharpness
of the softmax, that makes the probabilities as true as they can be (least log loss). The final weights are learnt from all examples.
"""

import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import minimize_scalar
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.svm import LinearSVC

from bot.errors import UserMistake
from bot.nlu.heads import Floats, LinearHead, Weights, score_all

FOLDS = 3
#: Weight of the sentence vector beside the two blocks of n-grams, each of length one.
DENSE_SCALE = 1.0
#: What a label scores that a fold's model has never seen.
UNSEEN = -2.0

Numbers = npt.NDArray[np.intp]


def fit_head(
    vectors: Floats,
    ngrams: sp.csr_matrix,
    names: Sequence[str],
    cost: float = 1.0,
    report: Callable[[float], None] = lambda done: None,
) -> LinearHead:
    """Learns a head from examples: `vectors` (examples, vector size), `ngrams` (examples, n-grams), a label for each.

    `report` is told how much is done, 0 to 1. Raises UserMistake where there is nothing to tell apart.
    """
    labels = tuple(sorted(set(names)))
    if len(labels) < 2:
        raise UserMistake(
            f"at least two different labels are needed to learn from, found: {', '.join(labels) or 'none'}"
        )
    position = {label: number for number, label in enumerate(labels)}
    numbers = np.array([position[name] for name in names], dtype=np.intp)
    features = sp.hstack([sp.csr_matrix(vectors * DENSE_SCALE), ngrams], format="csr", dtype=np.float64)
    folds = _folds(numbers)
    rounds = [*(train for train, _ in folds), np.arange(len(numbers))]

    def learn(rows: Numbers) -> Weights:
        return _learn(features[rows], numbers[rows], len(labels), vectors.shape[1], cost)

    learnt: list[Weights] = []
    with ThreadPoolExecutor(max_workers=2) as pool:  # liblinear leaves Python's lock, so two cores are used
        for weights in pool.map(learn, rounds):
            learnt.append(weights)
            report(len(learnt) / len(rounds))
    held_out = np.empty((len(numbers), len(labels)), np.float32)
    for weights, (_, test) in zip(learnt, folds, strict=False):
        held_out[test] = score_all(weights, vectors[test], ngrams[test])
    return LinearHead(labels, learnt[-1], best_sharpness(held_out, numbers) if folds else 1.0)


def best_sharpness(scores: Floats, numbers: Numbers) -> float:
    """The factor on the scores (examples, labels) that makes the softmax's log loss on the true `numbers` least."""
    rows = np.arange(len(numbers))

    def loss(log_factor: float) -> float:
        sharp = scores * np.exp(log_factor)
        top = sharp.max(axis=1)
        return float(np.mean(top + np.log(np.exp(sharp - top[:, None]).sum(axis=1)) - sharp[rows, numbers]))

    found = minimize_scalar(loss, bounds=(np.log(0.2), np.log(50.0)), method="bounded")
    return float(np.exp(found.x))


def _folds(numbers: Numbers) -> list[tuple[Numbers, Numbers]]:
    rarest = min(Counter(numbers.tolist()).values())
    if len(numbers) < 2 * FOLDS:
        return []
    # a label too rare to be in every fold is dealt as it comes
    kind = StratifiedKFold if rarest >= FOLDS else KFold
    return list(kind(FOLDS, shuffle=True, random_state=0).split(np.zeros(len(numbers)), numbers))


def _learn(features: sp.csr_matrix, numbers: Numbers, labels: int, dense_size: int, cost: float) -> Weights:
    """One against the rest for each label. Labels that these rows do not have score UNSEEN."""
    known = np.unique(numbers)
    coefficients = np.zeros((labels, features.shape[1]))
    bias = np.full(labels, UNSEEN)
    if len(known) == 1:
        bias[known] = 0.0
    else:
        model = LinearSVC(C=cost, tol=1e-2, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the last digits do not matter, the time does
            model.fit(features, numbers)
        if len(known) == 2:  # scikit-learn keeps one row for two labels
            coefficients[known] = np.vstack([-model.coef_[0], model.coef_[0]])
            bias[known] = [-model.intercept_[0], model.intercept_[0]]
        else:
            coefficients[known], bias[known] = model.coef_, model.intercept_
    turned = np.ascontiguousarray(coefficients.T, dtype=np.float32)
    return Weights(turned[:dense_size] * np.float32(DENSE_SCALE), turned[dense_size:], bias.astype(np.float32))
