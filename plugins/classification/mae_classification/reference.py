"""Mean absolute error on softmax probabilities in NumPy: the share of the wrong classes (Ghosh et al. 2017)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def mae_classification(logits: Array, target: NDArray[np.int64], *, scale: float) -> Array:
    """Value of each sample, shape (B,)."""
    values = []
    for scores, label in zip(logits, target, strict=True):
        odds = np.exp(scores - scores.max())
        values.append(scale * np.delete(odds, label).sum() / odds.sum())
    return np.array(values)
