"""Decisions at the threshold 1/2 made soft, and the confusion matrix that they fill."""

from typing import Any, Optional

import torch
from torch import Tensor

from losskit.plugins.ops.eager import own_backward
from losskit.plugins.ops.sigmoid import sigmoids


def amplified(score: Tensor, amplification: float) -> Tensor:
    """``L (p - 1/2)`` with ``p = sigmoid(score)``, whose own sigmoid is the soft decision for class 1 (Han et al. 2024)."""
    return amplification * above_half(score)


def above_half(score: Tensor) -> Tensor:
    """``sigmoid(x) - 1/2``, value and slope with full relative accuracy wherever x lies."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_backward(score):
            value: Tensor = _AboveHalf.apply(score)  # type: ignore[no-untyped-call]
            return value
    return _above_half_in_graphs(score)


def _above_half_in_graphs(score: Tensor) -> Tensor:
    """Near 0 a difference would lose the digits of the value; far out the slope of the hyperbolic tangent loses its own."""
    near = score.abs() < 1
    inside = torch.where(near, score, torch.zeros_like(score))
    power = torch.exp(-score.abs())
    outside = torch.sign(score) * (1 - power) / (2 * (1 + power))
    return torch.where(near, torch.tanh(inside / 2) / 2, outside)


class _AboveHalf(torch.autograd.Function):
    """Half a hyperbolic tangent, with the product of both probabilities as its slope."""

    @staticmethod
    def forward(ctx: Any, score: Tensor) -> Tensor:
        ctx.save_for_backward(score)
        return torch.tanh(score / 2) / 2

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> Tensor:
        (score,) = ctx.saved_tensors
        yes, no = sigmoids(score)
        return of_value * yes * no


def soft_confusion(decision: Tensor, target: Tensor, weight: Optional[Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weighted sums over a batch of true positives, false negatives, false positives and true negatives.

    A sample is for class 1 by the share ``sigmoid(decision)`` and for class 0 by ``sigmoid(-decision)``, never one minus
    the other: where the first rounds to 1 the second keeps its digits.
    """
    yes, no = sigmoids(decision)
    positive, negative = memberships(target, weight)
    return (positive * yes).sum(), (positive * no).sum(), (negative * yes).sum(), (negative * no).sum()


def memberships(target: Tensor, weight: Optional[Tensor]) -> tuple[Tensor, Tensor]:
    """The weight of each sample in class 1 and in class 0; 1 where no weights are given."""
    if weight is None:
        return target, 1 - target
    return weight * target, weight * (1 - target)


def share(part: Tensor, whole: Tensor) -> Tensor:
    """``part / whole``, or the part, 0, where the whole is 0."""
    return part / torch.where(whole > 0, whole, torch.ones_like(whole))
