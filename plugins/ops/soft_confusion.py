"""Decisions at the threshold 1/2 made soft, and the confusion matrix that they fill."""

import torch
from torch import Tensor

from losskit.plugins.ops.sigmoid import sigmoids


def amplified(score: Tensor, amplification: float) -> Tensor:
    """``L (p - 1/2)`` with ``p = sigmoid(score)``, whose own sigmoid is the soft decision for class 1 (Han et al. 2024)."""
    return amplification * above_half(score)


def above_half(score: Tensor) -> Tensor:
    """``sigmoid(x) - 1/2``, value and slope with full relative accuracy wherever x lies.

    Near 0 a difference would lose the digits of the value; far out the slope of the hyperbolic tangent loses its own.
    """
    near = score.abs() < 1
    inside = torch.where(near, score, torch.zeros_like(score))
    power = torch.exp(-score.abs())
    outside = torch.sign(score) * (1 - power) / (2 * (1 + power))
    return torch.where(near, torch.tanh(inside / 2) / 2, outside)


def soft_confusion(decision: Tensor, target: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weighted sums over a batch of true positives, false negatives, false positives and true negatives.

    A sample is for class 1 by the share ``sigmoid(decision)`` and for class 0 by ``sigmoid(-decision)``, never one minus
    the other: where the first rounds to 1 the second keeps its digits.
    """
    yes, no = sigmoids(decision)
    positive, negative = weight * target, weight * (1 - target)
    return (positive * yes).sum(), (positive * no).sum(), (negative * yes).sum(), (negative * no).sum()


def share(part: Tensor, whole: Tensor) -> Tensor:
    """``part / whole``, or the part, 0, where the whole is 0."""
    return part / torch.where(whole > 0, whole, torch.ones_like(whole))
