"""Ordinal softmax likelihood in NumPy, from differences of cumulative probabilities (Kennedy et al. 2020)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def ordinal_softmax_nll(logits: Array, target: NDArray[np.int64]) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for scores, label in zip(logits, target, strict=True):
        # log P(y > k) and log P(y <= k); P(y > -1) = 1 and P(y > K - 1) = 0
        above = np.concatenate([[0.0], -np.logaddexp(0.0, -scores), [-np.inf]])
        not_above = np.concatenate([[-np.inf], -np.logaddexp(0.0, scores), [0.0]])
        # the same difference in either tail: the smaller of the two probabilities it is taken of keeps the digits
        tail = above if above[label] < not_above[label + 1] else not_above[::-1]
        first = label if tail is above else len(scores) - label
        with np.errstate(divide="ignore"):
            values.append(-(tail[first] + np.log(-np.expm1(tail[first + 1] - tail[first]))))
    return np.array(values)
