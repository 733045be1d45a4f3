"""Binary cross-entropy in NumPy, from the log-likelihoods of a Bernoulli variable with log-odds x, entry by entry."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def binary_cross_entropy_with_logits(logits: Array, target: Array, *, pos_weight: float | tuple[float, ...]) -> Array:
    """Value of each entry, in the shape of the scores."""
    values = np.zeros(logits.shape)
    for place, x in np.ndenumerate(logits):
        log_yes, log_no = -np.logaddexp(0.0, -x), -np.logaddexp(0.0, x)
        weight = pos_weight[place[-1]] if isinstance(pos_weight, tuple) else pos_weight
        values[place] = -(weight * target[place] * log_yes + (1 - target[place]) * log_no)
    return values
