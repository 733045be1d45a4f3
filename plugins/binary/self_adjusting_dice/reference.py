"""Self-adjusting Dice loss of classified items in NumPy, item by item (Li et al. 2020, the loss that the paper calls DSC)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def self_adjusting_dice(
    logits: Array,
    target: Array,
    *,
    alpha: float,
    smooth: float,
    squared_denominator: bool,
    aggregation: str,
    detach_weight: bool,  # noqa: ARG001 - concerns the gradient alone
) -> tuple[Array, Array]:
    """Values and counts: of each item, shape (B,), or one of all of them."""
    above, below = _fraction(logits, target, alpha, smooth, squared_denominator, aggregation)
    value = np.asarray(1 - above / below)
    return value, np.ones(value.shape) if aggregation == "sample" else np.asarray(float(len(logits) > 0))


def self_adjusting_dice_gradient(
    logits: Array,
    target: Array,
    *,
    alpha: float,
    smooth: float,
    squared_denominator: bool,
    aggregation: str,
    detach_weight: bool,
) -> dict[str, Array]:
    """Gradient of the sum of the values by the quotient rule, with the weight held fixed where it is detached."""
    above, below = _fraction(logits, target, alpha, smooth, squared_denominator, aggregation)
    p, not_p = _sigmoid(logits), _sigmoid(-logits)
    q = _damped(logits, alpha)
    by_q = -(2 * target * below - above * (2 * q if squared_denominator else 1)) / below**2
    by_x = q * (not_p if detach_weight else not_p - alpha * p)
    return {"logits": by_q * by_x}


def _fraction(
    logits: Array, target: Array, alpha: float, smooth: float, squared: bool, aggregation: str
) -> tuple[Array, Array]:
    q = _damped(logits, alpha)
    above, below = 2 * q * target, (q**2 if squared else q) + target
    if aggregation == "set":
        above, below = np.asarray(above.sum()), np.asarray(below.sum())
    return above + smooth, below + smooth


def _damped(logits: Array, alpha: float) -> Array:
    """``(1 - p)^alpha p`` by the logarithm of ``1 - p``, which underflows long before a small power of it does."""
    found: Array = np.exp(-alpha * np.logaddexp(0, logits)) * _sigmoid(logits)
    return found


def _sigmoid(x: Array) -> Array:
    with np.errstate(over="ignore"):
        found: Array = 1 / (1 + np.exp(-x))
    return found
