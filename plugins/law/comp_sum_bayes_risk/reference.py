"""Conditional Bayes risk of the comp-sum losses in NumPy, by the norm of the probabilities."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def comp_sum_bayes_risk(probs: Array, *, tau: float) -> Array:
    """Value of each row, shape (B,)."""
    return np.array([_risk([q for q in row if q > 0], tau) for row in probs])


def _risk(shares: list[float], tau: float) -> float:
    top = max(shares)
    if tau >= 2:
        return (1 - top) / (tau - 1)
    if tau == 1:
        return -math.fsum(q * math.log(q) for q in shares)
    order = 1 / (2 - tau)
    norm = top * math.fsum((q / top) ** order for q in shares) ** (2 - tau)
    return float((norm - 1) / (1 - tau))
