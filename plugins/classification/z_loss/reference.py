"""Z-loss in NumPy, mean and variance from differences between all pairs of scores (de Brébisson and Vincent 2016)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def z_loss(logits: Array, target: NDArray[np.int64], *, a: float, b: float, eps: float) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for scores, label in zip(logits, target, strict=True):
        differences = scores[:, None] - scores[None, :]
        unit = max(np.abs(differences).max(), np.sqrt(eps))
        if unit < 1e-20:  # equal to the resolution that the spec states
            z = 0.0
        else:
            variance = ((differences / unit) ** 2).mean() / 2 + eps / unit**2
            z = (differences[label] / unit).mean() / np.sqrt(variance)
        values.append(np.logaddexp(0.0, a * (b - z)) / a)
    return np.array(values)
