"""AnyLoss for the balanced accuracy in NumPy (Han et al. 2024), in the paper's one fraction of sums over the batch."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def anyloss_balanced_accuracy(logits: Array, target: Array, *, amplification: float) -> Array:
    """Value of the batch, shape (); where a class is absent the share of the other that is wrong."""
    hits = predicted = 0.0
    size, relevant = len(target), float(target.sum())
    for x, t in zip(logits, target, strict=True):
        with np.errstate(over="ignore"):
            p = 1 / (1 + np.exp(-x))
        decision = 1 / (1 + np.exp(-amplification * (p - 0.5)))
        hits += t * decision
        predicted += decision
    if relevant == 0:
        return np.asarray(predicted / size)
    if relevant == size:
        return np.asarray(1 - hits / size)
    right = size * (hits + relevant) - relevant * (predicted + relevant)
    return np.asarray(1 - right / (2 * relevant * (size - relevant)))
