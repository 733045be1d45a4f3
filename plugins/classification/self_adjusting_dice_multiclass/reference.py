"""Self-adjusting Dice loss of several classes in NumPy, class against rest (Li et al. 2020, DSC; classes as in its code)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


def self_adjusting_dice_multiclass(
    logits: Array,
    target: Labels,
    *,
    alpha: float,
    smooth: float,
    squared_denominator: bool,
    aggregation: str,
    detach_weight: bool,  # noqa: ARG001 - concerns the gradient alone
) -> tuple[Array, Array]:
    """Values and counts: of each row, shape (B,), or one of all rows; of no row there is none."""
    whole = aggregation == "set"
    total = np.zeros(() if whole else len(logits))
    for k in range(logits.shape[1]):
        p = _share(logits, k)[0]
        above, below = _fraction(_weight(logits, k, alpha) * p, target == k, smooth, squared_denominator, whole)
        total = total + 1 - above / below
    return total, np.asarray(float(len(logits) > 0)) if whole else np.ones(len(logits))


def self_adjusting_dice_multiclass_gradient(
    logits: Array,
    target: Labels,
    *,
    alpha: float,
    smooth: float,
    squared_denominator: bool,
    aggregation: str,
    detach_weight: bool,
) -> dict[str, Array]:
    """Gradient of the sum of the values by the quotient rule, with the weight held fixed where it is detached."""
    classes = logits.shape[1]
    gradient = np.zeros(logits.shape)
    if classes == 1:  # the only probability is 1 whatever the score
        return {"logits": gradient}
    every = [_share(logits, k)[0] for k in range(classes)]
    for k in range(classes):
        p, rest = _share(logits, k)
        q = _weight(logits, k, alpha) * p
        above, below = _fraction(q, target == k, smooth, squared_denominator, aggregation == "set")
        by_q = -(2 * (target == k) * below - above * (2 * q if squared_denominator else 1)) / below**2
        by_p = rest**alpha - (0 if detach_weight else alpha * rest ** (alpha - 1) * p)
        for j in range(classes):
            gradient[:, j] += by_q * by_p * p * ((1 if j == k else 0) - every[j])
    return {"logits": gradient}


def _share(logits: Array, k: int) -> tuple[Array, Array]:
    """Probability of class k, and that of all the others together."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    whole = powers.sum(axis=1)
    p: Array = powers[:, k] / whole
    rest: Array = np.delete(powers, k, axis=1).sum(axis=1) / whole
    return p, rest


def _weight(logits: Array, k: int, alpha: float) -> Array:
    """``(1 - p)^alpha`` by the logarithm of ``1 - p``, which underflows long before a small power of it does."""
    if alpha == 0:
        return np.ones(len(logits))
    others = np.delete(logits, k, axis=1)
    log_rest = np.logaddexp.reduce(others, axis=1, initial=-np.inf) - np.logaddexp.reduce(logits, axis=1)
    found: Array = np.exp(alpha * log_rest)
    return found


def _fraction(q: Array, mine: NDArray[np.bool_], smooth: float, squared: bool, whole: bool) -> tuple[Array, Array]:
    above, below = 2 * q * mine, (q**2 if squared else q) + mine
    if whole:
        above, below = np.asarray(above.sum()), np.asarray(below.sum())
    return above + smooth, below + smooth
