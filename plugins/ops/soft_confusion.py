"""Decisions at the threshold 1/2 made soft, and the confusion matrix that they fill."""

from typing import Any, Optional

import torch
from torch import Tensor

from losskit.plugins.ops.eager import own_slope, times
from losskit.plugins.ops.sigmoid import sigmoids
from losskit.plugins.ops.slopes import OwnSlope
from losskit.plugins.ops.variances import variance


def amplified(score: Tensor, amplification: float) -> Tensor:
    """``L (p - 1/2)`` with ``p = sigmoid(score)``, whose own sigmoid is the soft decision for class 1 (Han et al. 2024).

    Value and slope have full relative accuracy wherever the score lies.
    """
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_slope(score):
            value: Tensor = _Amplified.apply(score, amplification)
            return value
    return amplification * _above_half_in_graphs(score)


def _above_half_in_graphs(score: Tensor) -> Tensor:
    """Near 0 a difference would lose the digits of the value; far out the slope of the hyperbolic tangent loses its own."""
    near = score.abs() < 1
    inside = torch.where(near, score, torch.zeros_like(score))
    power = torch.exp(-score.abs())
    outside = torch.sign(score) * (1 - power) / (2 * (1 + power))
    return torch.where(near, torch.tanh(inside / 2) / 2, outside)


class _Amplified(OwnSlope):
    """Half a hyperbolic tangent, with the product of both probabilities as its slope."""

    @staticmethod
    def forward(ctx: Any, score: Tensor, amplification: float) -> Tensor:
        ctx.save_for_backward(score)
        ctx.amplification = amplification
        return torch.mul(score, 0.5).tanh_().mul_(amplification / 2)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> tuple[Tensor, None]:
        (score,) = ctx.saved_tensors
        return times(variance(score), of_value).mul_(ctx.amplification), None


def soft_confusion(decision: Tensor, positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Sums over a batch of true positives, false negatives, false positives and true negatives.

    A sample is for class 1 by the share ``sigmoid(decision)`` and for class 0 by ``sigmoid(-decision)``, never one minus
    the other: where the first rounds to 1 the second keeps its digits.

    Args:
        decision: shape (B,).
        positive: the weight of each sample in class 1.
        negative: its weight in class 0.
    """
    yes, no = sigmoids(decision)
    if not torch.jit.is_scripting():  # noqa: SIM102
        if own_slope(yes, no, positive, negative):
            missed, alarms, found, kept = _Sums.apply(yes, no, positive, negative, True)
            return found, missed, alarms, kept
    return (positive * yes).sum(), (positive * no).sum(), (negative * yes).sum(), (negative * no).sum()


def soft_errors(decision: Tensor, positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """The false negatives and the false positives among these sums."""
    yes, no = sigmoids(decision)
    if not torch.jit.is_scripting():  # noqa: SIM102
        if own_slope(yes, no, positive, negative):
            missed, alarms = _Sums.apply(yes, no, positive, negative, False)
            return missed, alarms
    return (positive * no).sum(), (negative * yes).sum()


class _Sums(OwnSlope):
    """The products share one buffer, and the gradient goes to ``yes`` alone, for ``no`` is one minus it."""

    @staticmethod
    def forward(
        ctx: Any, yes: Tensor, no: Tensor, positive: Tensor, negative: Tensor, hits: bool
    ) -> tuple[Tensor, ...]:
        ctx.save_for_backward(positive, negative)
        pairs = [(positive, no), (negative, yes), (positive, yes), (negative, no)]
        product = torch.empty_like(yes)
        return tuple(torch.mul(weight, one, out=product).sum() for weight, one in (pairs if hits else pairs[:2]))

    @staticmethod
    def backward(ctx: Any, *of_sums: Tensor) -> tuple[Tensor | None, ...]:
        positive, negative = ctx.saved_tensors
        of_positive, of_negative = -of_sums[0], of_sums[1]
        if len(of_sums) == 4:
            of_positive, of_negative = of_positive + of_sums[2], of_negative - of_sums[3]
        return (positive * of_positive).addcmul_(negative, of_negative), None, None, None, None


def memberships(target: Tensor, weight: Optional[Tensor]) -> tuple[Tensor, Tensor]:
    """The weight of each sample in class 1 and in class 0; 1 where no weights are given."""
    if weight is None:
        return target, 1 - target
    return weight * target, weight * (1 - target)


def share(part: Tensor, whole: Tensor) -> Tensor:
    """``part / whole``, or the part, 0, where the whole is 0."""
    return part / torch.where(whole > 0, whole, torch.ones_like(whole))
