"""Squared hinge loss in NumPy: the squared distance to the half-line of scores that cost nothing, sample by sample."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def squared_hinge(logits: Array, target: Array, *, margin: float) -> Array:
    """Value of each sample, shape (B,)."""
    values = np.zeros(len(logits))
    for i, x in enumerate(logits):
        nearest = np.maximum(x, margin) if target[i] == 1 else np.minimum(x, -margin)
        values[i] = (x - nearest) ** 2
    return values
