"""Symmetric cross-entropy in NumPy: both cross-entropies between softmax and one-hot label, class by class (Wang et al. 2019)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def symmetric_cross_entropy(
    logits: Array, target: NDArray[np.int64], *, alpha: float, beta: float, log_clip: float
) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for scores, label in zip(logits, target, strict=True):
        log_p = scores - scores.max() - np.log(np.exp(scores - scores.max()).sum())
        forward = reverse = 0.0
        for k, log_share in enumerate(log_p):
            log_q = 0.0 if k == label else log_clip  # log 0 is given the value A
            forward -= log_share if k == label else 0.0
            reverse -= np.exp(log_share) * log_q
        values.append(alpha * forward + beta * reverse)
    return np.array(values)
