"""Asymmetric loss in NumPy, entry by entry from probabilities (Ridnik et al. 2021, equations 4 to 6)."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def asymmetric_loss(
    logits: Array,
    target: Array,
    *,
    gamma_neg: float,
    gamma_pos: float,
    clip: float | None,
    detach_weight: bool,  # noqa: ARG001 - part of the gradient, never of the value
) -> Array:
    """Value of each entry, in the shape of the scores."""
    values = np.zeros(logits.shape)
    for place, x in np.ndenumerate(logits):
        if target[place] == 1:
            values[place] = -(_sigmoid(-x) ** gamma_pos) * _log_sigmoid(x)
        else:
            values[place] = -(_shifted(x, clip) ** gamma_neg) * _log_rest(x, clip)
    return values


def asymmetric_loss_gradient(
    logits: Array, target: Array, *, gamma_neg: float, gamma_pos: float, clip: float | None, detach_weight: bool
) -> dict[str, Array]:
    """Gradient of the sum of the values by the chain rule; with ``detach_weight`` the powers are constants."""
    slopes = np.zeros(logits.shape)
    for place, x in np.ndenumerate(logits):
        p, rest = _sigmoid(x), _sigmoid(-x)
        if target[place] == 1:
            slopes[place] = -(rest**gamma_pos) * rest
            if not detach_weight:
                slopes[place] += gamma_pos * rest**gamma_pos * p * _log_sigmoid(x)
        else:
            q = _shifted(x, clip)
            if q > 0:
                slopes[place] = q**gamma_neg * p * rest / (1 - q)
                if not detach_weight:
                    slopes[place] -= gamma_neg * q ** (gamma_neg - 1) * p * rest * _log_rest(x, clip)
    return {"logits": slopes}


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _log_sigmoid(x: float) -> float:
    return -math.log1p(math.exp(-x)) if x >= 0 else x - math.log1p(math.exp(x))


def _shifted(x: float, clip: float | None) -> float:
    """The probability less the margin, never below 0."""
    return max(_sigmoid(x) - (clip or 0.0), 0.0)


def _log_rest(x: float, clip: float | None) -> float:
    """``log(1 - p_m)``."""
    return math.log(min(_sigmoid(-x) + clip, 1.0)) if clip else _log_sigmoid(-x)
