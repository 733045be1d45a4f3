"""Generalised cross-entropy in NumPy: each row at the better of its two weights (Zhang and Sabuncu 2018, equation 12)."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def generalized_cross_entropy(logits: Array, target: NDArray[np.int64], *, q: float, truncation: float) -> Array:
    """Value of each sample, shape (B,): kept, the Box-Cox transform of its probability; pruned, that of the threshold."""
    values = np.zeros(len(logits))
    for i, label in enumerate(target):
        surprise = np.logaddexp.reduce(logits[i] - logits[i, label])  # -log p_y
        kept = _box_cox(surprise, q)
        values[i] = kept if truncation == 0 else np.minimum(kept, _box_cox(-math.log(truncation), q))
    return values


def _box_cox(surprise: float, q: float) -> float:
    """``(1 - p^q) / q`` of ``p = exp(-surprise)``."""
    return surprise if q == 0 else float(-np.expm1(-q * surprise) / q)
