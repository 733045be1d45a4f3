"""Logit-adjusted cross-entropy in NumPy in its pairwise form, with a margin for each pair of classes (Menon et al. 2021)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def logit_adjusted(
    logits: Array, target: NDArray[np.int64], *, class_prior: tuple[float, ...] | None, tau: float
) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for scores, label in zip(logits, target, strict=True):
        prior = [1.0] * len(scores) if class_prior is None else class_prior
        total = 0.0  # log(1 + sum over wrong classes of (prior_k / prior_y)^tau exp(z_k - z_y))
        for k in range(len(scores)):
            if k != label:
                margin = tau * (np.log(prior[k]) - np.log(prior[label]))
                total = np.logaddexp(total, margin + scores[k] - scores[label])
        values.append(total)
    return np.array(values)
