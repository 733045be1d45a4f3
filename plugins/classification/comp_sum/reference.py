"""Comp-sum losses in NumPy, from the sum of exponentials of score differences (Mao et al. 2023, equations 1 to 3)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def comp_sum(logits: Array, target: NDArray[np.int64], *, tau: float) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for scores, label in zip(logits, target, strict=True):
        differences = np.delete(scores, label) - scores[label]
        surprise = np.logaddexp.reduce(np.append(differences, 0.0))  # log(1 + sum of exponentials)
        with np.errstate(over="ignore"):
            values.append(surprise if tau == 1 else np.expm1((1 - tau) * surprise) / (1 - tau))
    return np.array(values)
