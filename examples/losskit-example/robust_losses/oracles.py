"""Both losses in NumPy and float64, straight from the papers; they share nothing with the modules."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def lorentzian(input: Array, target: Array, *, scale: float) -> Array:
    """Value of each element, the shape of the input."""
    values = np.zeros(input.shape)
    for place in np.ndindex(input.shape):
        residual = input[place] - target[place]
        values[place] = scale**2 / 2 * np.log1p(residual**2 / scale**2)
    return values


def squentropy(logits: Array, target: NDArray[np.int64], *, weight: float) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for scores, label in zip(logits, target, strict=True):
        wrong = np.delete(scores, label)
        values.append(np.logaddexp.reduce(scores) - scores[label] + weight * float(np.mean(wrong**2)))
    return np.array(values)
