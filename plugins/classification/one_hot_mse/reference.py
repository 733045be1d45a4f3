"""Squared error against the scaled one-hot vector in NumPy, entry by entry (Vincent et al. 2015)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def one_hot_mse(logits: Array, target: NDArray[np.int64], *, factor: float, target_scale: float) -> Array:
    """Value of each sample, shape (B,)."""
    values = np.zeros(len(logits))
    for row, (scores, label) in enumerate(zip(logits, target, strict=True)):
        for k, score in enumerate(scores):
            wanted = target_scale if k == label else 0.0
            values[row] += factor * (score - wanted) ** 2
    return values
