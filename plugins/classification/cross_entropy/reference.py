"""Softmax cross-entropy in NumPy, from the log-likelihood of the softmax model, one row after another."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def cross_entropy(
    logits: Array,
    target: NDArray[np.int64],
    *,
    class_weights: tuple[float, ...] | None,
    label_smoothing: float,
    ignore_index: int,
) -> tuple[Array, Array]:
    """Value of each row and its part of the mean's divisor, both of shape (B,)."""
    rows, classes = logits.shape
    weights = np.ones(classes) if class_weights is None else np.asarray(class_weights)
    values, counts = np.zeros(rows), np.zeros(rows)
    for i in range(rows):
        if target[i] == ignore_index:
            continue
        scores = logits[i] - logits[i].max()
        log_likelihood = scores - np.logaddexp.reduce(scores)
        counts[i] = weights[target[i]]
        if label_smoothing < 1:
            values[i] -= (1 - label_smoothing) * counts[i] * log_likelihood[target[i]]
        if label_smoothing > 0:
            values[i] -= label_smoothing / classes * float(weights @ log_likelihood)
    return values, counts
