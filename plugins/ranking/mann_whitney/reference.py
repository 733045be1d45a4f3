"""The Mann-Whitney loss in NumPy, pair by pair (Sheikholeslami et al. 2025, equations 2 and 3)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def mann_whitney(
    logits: Array, target: Array | None = None, *, temperature: float, normalize: str
) -> tuple[Array, Array]:
    """Value of each positive in row-major order, shape (P,), and what it counts in the mean: nothing without a negative."""
    relevant = (np.eye(*logits.shape) if target is None else target) == 1
    positives = [float(s) for s in logits[relevant]]
    negatives = [float(s) for s in logits[~relevant]]
    values = np.zeros(len(positives))
    for i, high in enumerate(positives):
        for low in negatives:
            values[i] += np.logaddexp(0.0, -(high - low) / temperature)
        if normalize == "pairs":
            values[i] /= max(1, len(negatives))
    return values, np.full(len(positives), float(bool(negatives)))
