"""A spherical output layer in NumPy, score by score (Vincent et al. 2015; de Brébisson and Vincent 2016)."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def spherical_head(
    hidden: Array,
    weight: Array,
    target: NDArray[np.int64],
    gram: Array | None = None,
    weight_sum: Array | None = None,
    *,
    kind: str,
    a: float,
    b: float,
    eps: float,
) -> Array:
    """Value of each sample, shape (B,): of the scores, or of their sum and sum of squares where a statistic is given."""
    values = np.zeros(len(hidden))
    for row, (h, label) in enumerate(zip(hidden, target, strict=True)):
        scores = np.array([np.dot(w, h) for w in weight])
        if gram is None and weight_sum is None:
            own, wrong = scores[label], np.delete(scores, label)
            total, squares = wrong.sum(), np.dot(wrong, wrong)
            gaps = scores[:, None] - scores[None, :]
            deviation, variance = gaps[label].mean(), (gaps**2).mean() / 2
        else:
            total = scores.sum() if weight_sum is None else np.dot(weight_sum, h)
            squares = np.dot(scores, scores) if gram is None else np.einsum("i,ij,j", h, gram, h)
            own, deviation = scores[label], scores[label] - total / len(scores)
            variance = squares / len(scores) - (total / len(scores)) ** 2
            total, squares = _others(own, total, squares, len(scores) - 1)
        if kind == "z_loss":
            z = 0.0 if variance <= 1e-40 else deviation / math.sqrt(variance)
            values[row] = np.logaddexp(0.0, a * (b - z)) / a
        else:
            values[row] = _value(kind, own, total, squares, len(scores) - 1, eps)
    return values


def _others(own: float, total: float, squares: float, count: int) -> tuple[float, float]:
    """What is left for the wrong classes, whose squares sum to no less than those of equal scores."""
    if count == 0:
        return 0.0, 0.0
    return total - own, max(squares - own**2, (total - own) ** 2 / count)


def _value(kind: str, own: float, total: float, squares: float, count: int, eps: float) -> float:
    if kind == "mse":
        return squares + (own - 1) ** 2
    if kind == "taylor":
        return math.log1p((count + total + squares / 2) / (1 + own + own**2 / 2))
    return math.log1p((squares + count * eps) / (own**2 + eps))
