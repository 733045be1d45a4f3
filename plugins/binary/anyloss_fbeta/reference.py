"""AnyLoss for the F-beta score in NumPy, sample by sample (Han et al. 2024: one minus the score of soft decisions)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def anyloss_fbeta(logits: Array, target: Array, *, amplification: float, beta: float) -> Array:
    """Value of the batch, shape ()."""
    hits = predicted = relevant = 0.0
    for x, t in zip(logits, target, strict=True):
        with np.errstate(over="ignore"):
            p = 1 / (1 + np.exp(-x))
        decision = 1 / (1 + np.exp(-amplification * (p - 0.5)))
        hits += t * decision
        predicted += decision
        relevant += t
    return np.asarray(1 - (1 + beta**2) * hits / (beta**2 * relevant + predicted))
