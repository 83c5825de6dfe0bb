"""How a head is learnt: linear support vectors (scikit-learn), calibrated on messages that were not learnt from.

A margin is no probability, and a model is always too sure of the messages it has learnt. So the examples are dealt into
folds, each fold is scored by a model of the others, and from those out-of-fold scores is learnt how much to believe
them: first the sharpness of the softmax (least log loss), then a rising curve from what the softmax says to how often
it was right (isotonic regression over all labels of all examples). The final weights are learnt from all examples.
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
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.svm import LinearSVC

from bot.errors import UserMistake
from bot.nlu.heads import Calibration, Floats, LinearHead, Weights, score_all, softmax

FOLDS = 3
#: Weight of the sentence vector beside the two blocks of n-grams, each of length one.
DENSE_SCALE = 1.0
#: What a label scores that a fold's model has never seen.
UNSEEN = -2.0

#: With fewer examples the curve would be learnt from chance.
ENOUGH_FOR_A_CURVE = 300
#: Scores believed as they are.
STRAIGHT = Calibration(1.0, np.array([0.0, 1.0], np.float32), np.array([0.0, 1.0], np.float32))

Numbers = npt.NDArray[np.intp]


def _unheard(_done: float) -> None:
    """Where nobody asked how far it is."""


def fit_head(
    vectors: Floats,
    ngrams: sp.csr_matrix,
    names: Sequence[str],
    cost: float = 1.0,
    report: Callable[[float], None] = _unheard,
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
    return LinearHead(labels, learnt[-1], calibrate(held_out, numbers) if folds else STRAIGHT)


def calibrate(scores: Floats, numbers: Numbers) -> Calibration:
    """How scores (examples, labels) become probabilities, given the true labels' `numbers`."""
    sharpness = best_sharpness(scores, numbers)
    if len(numbers) < ENOUGH_FOR_A_CURVE:
        return Calibration(sharpness, STRAIGHT.said, STRAIGHT.true)
    said = softmax(scores * sharpness)
    right = np.zeros_like(said)
    right[np.arange(len(numbers)), numbers] = 1.0
    curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(said.ravel(), right.ravel())
    # isotonic regression makes steps; a few points on it, joined by lines, keep different messages different
    points = np.concatenate([[0.0, 0.001, 0.003, 0.01, 0.03], np.linspace(0.05, 0.95, 19), [0.98, 1.0]])
    return Calibration(sharpness, points.astype(np.float32), curve.predict(points).astype(np.float32))


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
