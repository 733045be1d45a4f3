"""Focal loss in NumPy, from probabilities of both classes (Lin et al. 2017, equation 5), entry by entry."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def sigmoid_focal(logits: Array, target: Array, *, alpha: float | None, gamma: float) -> Array:
    """Value of each entry, in the shape of the scores."""
    values = np.zeros(logits.shape)
    for place, x in np.ndenumerate(logits):
        t = target[place]
        with np.errstate(over="ignore"):
            p, not_p = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(x))
        surprise = t * np.logaddexp(0.0, -x) + (1 - t) * np.logaddexp(0.0, x)
        balance = 1.0 if alpha is None else alpha * t + (1 - alpha) * (1 - t)
        values[place] = balance * (t * not_p + (1 - t) * p) ** gamma * surprise
    return values
