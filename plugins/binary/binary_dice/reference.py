"""Dice loss of classified items in NumPy, item by item (Li et al. 2020, the losses that the paper calls DL)."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def binary_dice(
    logits: Array, target: Array, *, smooth: float, squared_denominator: bool, aggregation: str
) -> tuple[Array, Array]:
    """Values and counts: of each item, shape (B,), or one of all of them; of no item there is none."""
    power = 2 if squared_denominator else 1
    shares = []
    for x in logits:
        with np.errstate(over="ignore"):
            shares.append(1 / (1 + np.exp(-x)))
    if aggregation == "set":
        twice = sum(2 * p * t for p, t in zip(shares, target, strict=True))
        whole = sum(p**power + t**power for p, t in zip(shares, target, strict=True))
        return np.asarray(1 - (twice + smooth) / (whole + smooth)), np.asarray(float(len(shares) > 0))
    values = [1 - (2 * p * t + smooth) / (p**power + t**power + smooth) for p, t in zip(shares, target, strict=True)]
    return np.array(values), np.ones(len(values))
