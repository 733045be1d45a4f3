"""Comp-sum rho-margin losses in NumPy, one pair of classes after another (Mao et al. 2023, section 5)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def comp_sum_rho_margin(logits: Array, target: NDArray[np.int64], *, tau: float, rho: float) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for scores, label in zip(logits, target, strict=True):
        total = 0.0
        for k, score in enumerate(scores):
            if k != label:
                total += np.minimum(np.maximum(0.0, 1 - (scores[label] - score) / rho), 1.0)
        # expm1 and log1p: the power of a sum just above 1 has lost the sum's digits
        values.append(np.log1p(total) if tau == 1 else np.expm1((1 - tau) * np.log1p(total)) / (1 - tau))
    return np.array(values)
