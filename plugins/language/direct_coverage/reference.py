"""Direct coverage in NumPy: the answer's probability token by token, then the chance that N samples miss it (Chen et al. 2025)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def direct_coverage(
    logits: Array, target: NDArray[np.int64], *, n_samples: float, ignore_index: int
) -> tuple[Array, Array]:
    """Value and count of each sequence, both of shape (B,); one whose tokens are all ignored counts for nothing."""
    values, counts = np.zeros(len(logits)), np.zeros(len(logits))
    for b, (scores, tokens) in enumerate(zip(logits, target, strict=True)):
        kept = [t for t, token in enumerate(tokens) if token != ignore_index]
        if kept:
            likelihood = sum(scores[t, tokens[t]] - np.logaddexp.reduce(scores[t]) for t in kept)
            values[b], counts[b] = _minus_log_pass_rate(min(float(likelihood), 0.0), n_samples), 1
    return values, counts


def _minus_log_pass_rate(log_p: float, n: float) -> float:
    if log_p == 0:
        return 0.0
    if log_p < -700:  # 1 - (1 - p)^n = n p where p vanishes
        return -log_p - float(np.log(n))
    log_miss = n * float(np.log(-np.expm1(log_p)) if log_p > -0.7 else np.log1p(-np.exp(log_p)))
    if log_miss > -0.7:
        return -float(np.log(-np.expm1(log_miss)))
    return -float(np.log1p(-np.exp(log_miss)))
