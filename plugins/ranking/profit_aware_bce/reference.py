"""Profit-aware binary cross-entropy in NumPy, list by list and pair by pair (Li and Ma 2025)."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def profit_aware_bce(
    scores: Array, pnl: Array, *, top_k: int, log_base: float, skip_empty: bool
) -> tuple[Array, Array]:
    """Value and count of each list, both of shape (B,); a dropped list counts for nothing."""
    values, counts = np.zeros(len(scores)), np.ones(len(scores))
    for row in range(len(scores)):
        items = list(np.argsort(-pnl[row], kind="stable")[:top_k])  # the first of tied items comes first
        total = 0.0
        for rank, better in enumerate(items):
            for worse in items[rank + 1 :]:
                weight = math.log1p(pnl[row, better] - pnl[row, worse]) / math.log(log_base)
                values[row] += weight * np.logaddexp(0.0, scores[row, worse] - scores[row, better]) / len(items)
                total += weight
        if skip_empty and total == 0:
            counts[row] = 0
    return values, counts
