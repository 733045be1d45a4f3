"""ALDR-KL loss in NumPy: the iteration on the temperature, and the objective there (Zhu et al. 2023, equation 9)."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def aldr_kl(
    logits: Array,
    target: NDArray[np.int64],
    lam: Array | None = None,
    *,
    lam0: float,
    alpha: float,
    margin: float,
    max_iter: int,
) -> Array:
    """Value of each sample, shape (B,)."""
    values = np.zeros(len(logits))
    classes = logits.shape[1]
    a = alpha * math.log(classes) / lam0
    for i, label in enumerate(target):
        if classes == 1:
            values[i] = logits[i, 0] - logits[i, 0]
            continue
        delta = _violations(logits[i], label, margin)
        t = _temperature(delta, lam0 if lam is None else lam[i], lam0, a, max_iter)
        top = delta.max()
        values[i] = top + t * np.log1p(np.expm1((delta - top) / t).mean())
        if t != lam0:
            values[i] -= a / 2 * (t - lam0) ** 2
    return values


def slopes(
    logits: Array,
    target: NDArray[np.int64],
    lam: Array | None = None,
    *,
    lam0: float,
    alpha: float,
    margin: float,
    max_iter: int,
) -> dict[str, Array]:
    """Gradient of the summed values with the temperatures held fixed: ``p - e_y``."""
    gradient = np.zeros_like(logits)
    classes = logits.shape[1]
    for i, label in enumerate(target):
        delta = _violations(logits[i], label, margin)
        start = lam0 if lam is None else lam[i]
        a = alpha * math.log(classes) / lam0
        t = lam0 if classes == 1 else _temperature(delta, start, lam0, a, max_iter)
        gradient[i] = _softmax(delta / t)
        gradient[i, label] -= 1
    return {"logits": gradient}


def _violations(scores: Array, label: int, margin: float) -> Array:
    return np.array([s - scores[label] + (margin if k != label else 0.0) for k, s in enumerate(scores)])


def _temperature(delta: Array, start: float, lam0: float, a: float, max_iter: int) -> float:
    t = lam0 if math.isinf(a) else float(start)
    for _ in range(max_iter):
        p = _softmax(delta / t)
        entropy = -sum(share * math.log(share) for share in p if share > 0)
        t = lam0 - (math.log(len(p)) - entropy) / a
    return t


def _softmax(z: Array) -> Array:
    odds = np.exp(z - z.max())
    shares: Array = odds / odds.sum()
    return shares
