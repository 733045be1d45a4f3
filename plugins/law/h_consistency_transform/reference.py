"""Error transformation of the comp-sum H-consistency bound in NumPy, by the paper's powers; its inverse by bisection."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def h_consistency_transform(value: Array, *, direction: str, tau: float, num_classes: int) -> Array:
    """Value of each entry, the shape of the input."""
    maps = {"T": _transform, "gamma": _inverse, "gamma_upper": _above}
    return np.array([maps[direction](float(x), tau, num_classes) for x in value])


def _transform(b: float, tau: float, classes: int) -> float:
    up, down = 1 + b, max(1 - b, 0.0)
    if tau >= 2:
        return float(b / ((tau - 1) * classes ** (tau - 1)))
    if tau == 1:
        return (up * math.log(up) + (down * math.log(down) if down else 0.0)) / 2
    per_bracket = 2 ** (1 - tau) if tau < 1 else classes ** (1 - tau)
    return float(per_bracket / (tau - 1) * _mean_less_one(up, down, tau))


def _mean_less_one(up: float, down: float, tau: float) -> float:
    """``M - 1``, of which a difference of powers would leave few digits near tau = 1: the shares themselves average 1."""
    order = 1 / (2 - tau)
    if abs(tau - 1) > 0.5:
        return float(up * ((1 + (down / up) ** order) / 2) ** (2 - tau) - 1)
    changes = [share * math.expm1((order - 1) * math.log(share)) for share in (up, down) if share]
    return math.expm1((2 - tau) * math.log1p(sum(changes) / 2))


def _inverse(t: float, tau: float, classes: int) -> float:
    if t >= _transform(1.0, tau, classes):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _transform(middle, tau, classes) < t else (low, middle)
    return high


def _above(t: float, tau: float, classes: int) -> float:
    if tau < 1:
        return math.sqrt(2**tau * (2 - tau) * max(t, 0.0))
    if tau < 2:
        return math.sqrt(2 * classes ** (tau - 1) * max(t, 0.0))
    return float((tau - 1) * classes ** (tau - 1) * t)
