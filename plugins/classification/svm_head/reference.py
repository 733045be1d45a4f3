"""One-vs-rest SVM head in NumPy, one machine after another, and the norm of their weights (Agarap 2017)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def svm_head(logits: Array, target: NDArray[np.int64], weight: Array, *, c: float, p: int) -> Array:
    """Value of each sample, shape (B,); the values add up to the objective."""
    values = np.zeros(len(logits))
    regulariser = np.dot(weight.ravel(), weight.ravel()) / 2
    for row, (scores, label) in enumerate(zip(logits, target, strict=True)):
        for k, score in enumerate(scores):
            sign = 1.0 if k == label else -1.0
            values[row] += c * max(0.0, 1 - sign * score) ** p
        values[row] += regulariser / len(logits)
    return values
