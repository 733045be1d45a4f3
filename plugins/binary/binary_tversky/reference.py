"""Tversky loss of classified items in NumPy, item by item (Li et al. 2020, the losses that the paper calls TL)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def binary_tversky(
    logits: Array, target: Array, *, alpha: float, beta: float, smooth: float, aggregation: str
) -> tuple[Array, Array]:
    """Values and counts: of each item, shape (B,), or one of all of them; of no item there is none."""
    with np.errstate(over="ignore"):
        p = 1 / (1 + np.exp(-logits))
    hits, false_alarms, misses = p * target, p * (1 - target), (1 - p) * target
    if aggregation == "set":
        hits, false_alarms, misses = (np.asarray(part.sum()) for part in (hits, false_alarms, misses))
    value = 1 - (hits + smooth) / (hits + alpha * false_alarms + beta * misses + smooth)
    count = np.ones_like(value) if np.ndim(value) else np.asarray(float(len(p) > 0))
    return np.asarray(value), count
