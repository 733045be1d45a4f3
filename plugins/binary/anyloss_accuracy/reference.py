"""AnyLoss for the accuracy in NumPy, sample by sample (Han et al. 2024: one minus the accuracy of soft decisions)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def anyloss_accuracy(logits: Array, target: Array, *, amplification: float) -> Array:
    """Value of each sample, shape (B,)."""
    values = np.zeros(len(logits))
    for i, (x, t) in enumerate(zip(logits, target, strict=True)):
        with np.errstate(over="ignore"):
            p = 1 / (1 + np.exp(-x))
        decision = 1 / (1 + np.exp(-amplification * (p - 0.5)))
        values[i] = t * (1 - decision) + (1 - t) * decision
    return values
