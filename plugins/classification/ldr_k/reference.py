"""LDR-k loss in NumPy: violations sorted, the largest averaged (Zhu et al. 2023)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def ldr_k(logits: Array, target: NDArray[np.int64], *, k: int, margin: float) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for scores, label in zip(logits, target, strict=True):
        delta = [0.0 if j == label else score - scores[label] + margin for j, score in enumerate(scores)]
        values.append(sum(sorted(delta, reverse=True)[:k]) / k)
    return np.array(values)
