"""Brier score in NumPy: the squared distance of two points of the simplex, entry by entry (Brier 1950)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def brier(logits: Array, target: NDArray[np.int64]) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for scores, label in zip(logits, target, strict=True):
        odds = np.exp(scores - scores.max())
        total = 0.0
        for k, share in enumerate(odds):
            missing = np.delete(odds, k).sum() if k == label else share  # 1 - p_y is what the others have
            total += (missing / odds.sum()) ** 2
        values.append(total)
    return np.array(values)
