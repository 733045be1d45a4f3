"""PolyLoss in NumPy: surprise and share of the wrong classes, from their odds to the label (Leng et al. 2022)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def poly_loss(logits: Array, target: NDArray[np.int64], *, epsilon: float) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for scores, label in zip(logits, target, strict=True):
        wrong = np.delete(scores, label) - scores[label]
        surprise = np.logaddexp.reduce(np.append(wrong, 0.0))  # log(1 + odds of the wrong classes)
        missed = np.exp(wrong - surprise).sum()
        values.append(surprise + epsilon * missed)
    return np.array(values)
