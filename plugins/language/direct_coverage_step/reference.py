"""Step-wise direct coverage in NumPy: a dictionary of steps for each sequence, a pass rate for each step (Chen et al. 2025)."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ids = NDArray[np.int64]


def direct_coverage_step(
    logits: Array, target: Ids, step_ids: Ids, *, n_eff: float, ignore_index: int
) -> tuple[Array, Array]:
    """Value and number of steps of each sequence, both of shape (B,)."""
    values, counts = np.zeros(len(logits)), np.zeros(len(logits))
    for b, (scores, tokens, steps) in enumerate(zip(logits, target, step_ids, strict=True)):
        log_p: dict[int, float] = defaultdict(float)
        for row, token, step in zip(scores, tokens, steps, strict=True):
            if token != ignore_index and step >= 0:
                log_p[int(step)] += float(row[token] - np.logaddexp.reduce(row))
        values[b] = sum(_surprise(min(likelihood, 0.0), n_eff) for likelihood in log_p.values())
        counts[b] = len(log_p)
    return values, counts


def _surprise(log_p: float, n: float) -> float:
    """Minus the logarithm of the chance that one of n tries hits."""
    if log_p == 0:
        return 0.0
    if log_p < -700:  # n p in place of 1 - (1 - p)^n: p vanishes
        return -log_p - float(np.log(n))
    miss = -np.expm1(log_p)
    exponent = n * (np.log1p(-np.exp(log_p)) if miss > 0.5 else np.log(miss))
    hit = -np.expm1(exponent)
    return -float(np.log(hit) if hit < 0.5 else np.log1p(-np.exp(exponent)))
