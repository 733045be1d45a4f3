"""Crammer-Singer multi-class hinge in NumPy: the best wrong class against the label (Crammer and Singer 2001)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def crammer_singer(logits: Array, target: NDArray[np.int64], *, margin: float) -> Array:
    """Value of each sample, shape (B,)."""
    values = np.zeros(len(logits))
    for i, label in enumerate(target):
        for k, score in enumerate(logits[i]):
            if k != label:
                values[i] = np.maximum(values[i], margin + (score - logits[i, label]))
    return values
