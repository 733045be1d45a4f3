"""Ordinal cross-entropy in NumPy, one binary cross-entropy after another (Kennedy et al. 2020)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def ordinal_cross_entropy(
    logits: Array, target: NDArray[np.int64], *, importance_weights: tuple[float, ...] | None
) -> Array:
    """Value of each sample, shape (B,)."""
    values = np.zeros(len(logits))
    for row, (scores, label) in enumerate(zip(logits, target, strict=True)):
        for k, score in enumerate(scores):
            weight = 1.0 if importance_weights is None else importance_weights[k]
            log_above, log_not_above = -np.logaddexp(0.0, -score), -np.logaddexp(0.0, score)
            level = float(label > k)
            values[row] -= weight * (level * log_above + (1 - level) * log_not_above)
    return values
