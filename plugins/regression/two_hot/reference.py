"""Two-hot in NumPy: a linear interpolation of the costs of two neighbouring locations (Farebrother et al. 2024)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def two_hot(logits: Array, target: Array, *, min_value: float, max_value: float) -> Array:
    """Value of each sample, shape (B,)."""
    count = logits.shape[1]
    values = []
    for scores, wanted in zip(logits, target, strict=True):
        costs = np.logaddexp.reduce(scores) - scores  # of each location as a label
        if np.isnan(wanted):
            values.append(np.nan)
            continue
        place = (min(max(wanted, min_value), max_value) - min_value) * (count - 1) / (max_value - min_value)
        below = min(int(place), count - 2)
        above_share = place - below
        values.append((1 - above_share) * costs[below] + above_share * costs[below + 1])
    return np.array(values, dtype=np.float64)
