"""LDR-KL loss in NumPy: the worst-case average with its closed-form maximiser taken out (Zhu et al. 2023, equation 6)."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def ldr_kl(logits: Array, target: NDArray[np.int64], *, lam: float, margin: float) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for scores, label in zip(logits, target, strict=True):
        delta = np.array([s - scores[label] + (margin if k != label else 0.0) for k, s in enumerate(scores)])
        if lam == 0:
            values.append(delta.max())
        elif math.isinf(lam):
            values.append(delta.mean())
        else:  # relative to the largest entry, which is as exact for huge lam as for tiny
            values.append(delta.max() + lam * np.log1p(np.expm1((delta - delta.max()) / lam).mean()))
    return np.array(values)
