"""Correctness-aware loss in NumPy: confidence and correctness of each prediction, then weights (Liu et al. 2024)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def correctness_aware(logits: Array, target: NDArray[np.int64], *, balanced: bool) -> Array:
    """Value of each sample, shape (B,); with ``balanced`` times B w_i / sum w."""
    gaps, correct = [], []
    for scores, label in zip(logits, target, strict=True):
        odds = np.exp(scores - scores.max())
        first = int(np.flatnonzero(scores == scores.max())[0])
        confidence = odds[first] / odds.sum()
        missing = np.delete(odds, first).sum() / odds.sum()  # 1 - confidence is what the others have
        correct.append(first == label)
        gaps.append(missing if first == label else confidence)
    values, hits = np.array(gaps) ** 2, np.array(correct, dtype=bool)
    if not balanced or hits.all() or not hits.any():
        return values
    weights = np.where(hits, 1 - hits.mean(), hits.mean())
    return np.asarray(values * weights * len(values) / weights.sum())
