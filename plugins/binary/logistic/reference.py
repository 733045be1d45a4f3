"""Logistic loss in NumPy, from the log-likelihood of a Bernoulli variable with log-odds x, one sample after another."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def logistic(logits: Array, target: Array) -> Array:
    """Value of each sample, shape (B,)."""
    normaliser = [np.logaddexp(0.0, x) for x in logits]
    chosen = [x if t == 1 else 0.0 for x, t in zip(logits, target, strict=True)]
    # log(1 + e^x) - x has lost its digits where x is large: there the odds of the other class say the same
    return np.array([np.logaddexp(0.0, -c) if c > 0 else n - c for n, c in zip(normaliser, chosen, strict=True)])
