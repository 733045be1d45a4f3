"""AnyLoss for the geometric mean in NumPy, class by class (Han et al. 2024: one minus the mean of soft decisions)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def anyloss_gmean(logits: Array, target: Array, *, amplification: float) -> Array:
    """Value of the batch, shape (); the geometric mean is over the classes that are present."""
    rates = []
    for label in (0, 1):
        right = []
        for x in logits[target == label]:
            with np.errstate(over="ignore"):
                p = 1 / (1 + np.exp(-x if label == 1 else x))  # of the label
            right.append(1 / (1 + np.exp(-amplification * (p - 0.5))))
        if right:
            rates.append(np.mean(right))
    return np.asarray(1 - np.prod(rates) ** (1 / len(rates)))
