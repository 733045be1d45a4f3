"""EnsLoss in NumPy, sample by sample in the order of the margins (Dai 2024, the algorithm and its code)."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def ens_loss(
    logits: Array,
    target: Array,
    noise: Array,
    *,
    lam: float,
    clip: float,
    offset: float,
    period: int,  # noqa: ARG001 - of the schedule, never of the value
) -> Array:
    """Value of each sample, shape (B,): its derivative times its margin."""
    return _derivatives(logits, target, noise, lam, clip, offset) * _signs(target) * logits


def ens_loss_gradient(
    logits: Array,
    target: Array,
    noise: Array,
    *,
    lam: float,
    clip: float,
    offset: float,
    period: int,  # noqa: ARG001
) -> dict[str, Array]:
    """Gradient of the sum of the values with the derivatives held fixed."""
    return {"logits": _derivatives(logits, target, noise, lam, clip, offset) * _signs(target)}


def _signs(target: Array) -> Array:
    return np.where(target == 1, 1.0, -1.0)


def _derivatives(logits: Array, target: Array, noise: Array, lam: float, clip: float, offset: float) -> Array:
    drawn = sorted(max(-_magnitude(float(e), lam), -clip) for e in noise)
    margins = [float(x) if t == 1 else -float(x) for x, t in zip(logits, target, strict=True)]
    found = np.zeros(len(margins))
    for rank, sample in enumerate(sorted(range(len(margins)), key=margins.__getitem__)):
        tail = margins[sample] if margins[sample] > 1 else 1.0
        found[sample] = drawn[rank] / tail - offset
    return found


def _magnitude(e: float, lam: float) -> float:
    """The inverse of the Box-Cox transform."""
    try:
        if lam == 0:
            return math.exp(e)
        base = 1 + lam * e
        if base <= 0:
            return 0.0 if lam > 0 else math.inf
        return math.exp(math.log1p(lam * e) / lam)
    except OverflowError:
        return math.inf
