"""Focal loss in NumPy, from the odds of the wrong classes against the label (Lin et al. 2017, equation 5)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def focal(
    logits: Array,
    target: NDArray[np.int64],
    *,
    gamma: float,
    class_weights: tuple[float, ...] | None,
    ignore_index: int,
) -> tuple[Array, Array]:
    """Value of each row and its part of the mean's divisor, both of shape (B,)."""
    values, counts = [], []
    for scores, label in zip(logits, target, strict=True):
        if label == ignore_index:
            values.append(0.0)
            counts.append(0.0)
            continue
        wrong = np.delete(scores, label) - scores[label]
        surprise = np.logaddexp.reduce(np.append(wrong, 0.0))
        missed = min(1.0, np.exp(wrong - surprise).sum())
        weight = 1.0 if class_weights is None else class_weights[label]
        values.append(weight * missed**gamma * surprise)
        counts.append(1.0)
    return np.array(values), np.array(counts)
