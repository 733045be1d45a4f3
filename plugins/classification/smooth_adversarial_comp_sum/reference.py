"""Smooth adversarial comp-sum losses in NumPy, from the margins of both score vectors (Mao et al. 2023, section 5)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def smooth_adversarial_comp_sum(
    logits: Array, adversarial_logits: Array, target: NDArray[np.int64], *, tau: float, rho: float, nu: float
) -> Array:
    """Value of each sample, shape (B,)."""
    values = np.zeros(len(logits))
    for i, label in enumerate(target):
        clean, attacked = _margins(logits[i], label), _margins(adversarial_logits[i], label)
        surprise = np.logaddexp.reduce(np.append(-clean / rho, 0.0))  # log(1 + sum of exponentials)
        with np.errstate(over="ignore"):
            values[i] = surprise if tau == 1 else np.expm1((1 - tau) * surprise) / (1 - tau)
        values[i] += nu * np.linalg.norm(attacked - clean)
    return values


def _margins(scores: Array, label: int) -> Array:
    """By how much the label leads each other class, shape (C - 1,)."""
    margins: Array = scores[label] - np.delete(scores, label)
    return margins
