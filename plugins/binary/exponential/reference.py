"""Exponential loss in NumPy, as a power of e with the label's sign, one sample after another."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def exponential(logits: Array, target: Array) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    with np.errstate(over="ignore", divide="ignore"):
        for x, t in zip(logits, target, strict=True):
            values.append(np.exp(x) if t == 0 else 1 / np.exp(x))
    return np.array(values)
