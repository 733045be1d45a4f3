"""Hinge loss of one score in NumPy: what is missing to the margin on the label's side, one sample after another."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def hinge(logits: Array, target: Array, *, margin: float) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for x, t in zip(logits, target, strict=True):
        wanted = margin if t == 1 else -margin
        missing = wanted - x if t == 1 else x - wanted
        values.append(missing if not missing <= 0 else 0.0)  # a score that is no number stays none
    return np.array(values)
