"""Comp-sum losses in NumPy, from the sum of exponentials of score differences (Mao et al. 2023, equations 1 to 3)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def comp_sum(logits: Array, target: NDArray[np.int64], *, tau: float) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for scores, label in zip(logits, target, strict=True):
        others = np.delete(scores, label)
        with np.errstate(over="ignore"):
            total = np.exp(others - scores[label]).sum()
            if tau == 1:
                values.append(np.logaddexp.reduce(np.append(others - scores[label], 0.0)))
            else:
                values.append(np.expm1((1 - tau) * np.log1p(total)) / (1 - tau))
    return np.array(values)
