"""Labels between 0 and 1 as shares of class 1: what a score costs against them."""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from losskit.plugins.checks import readable
from losskit.plugins.ops.eager import differentiated, in_place, own_slope
from losskit.plugins.ops.sigmoid import sigmoids
from losskit.plugins.ops.signs import opposed_margin
from losskit.plugins.ops.slopes import OwnSlope, computing
from losskit.plugins.ops.softplus import softplus


def cross_entropy(score: Tensor, target: Tensor) -> Tensor:
    """``t log(1 + exp(-x)) + (1 - t) log(1 + exp(x))``, accurate at both ends for every label; no gradient in the label.

    With the hard label h next to t it is ``log(1 + exp((1 - 2 h) x)) + (h - t) x``: one logarithm, and neither term
    falls below 0 where the other is small, so none of its digits is lost.
    """
    if not torch.jit.is_scripting():
        if all_hard(target):
            return hard_cross_entropy(score, target)
        if own_slope(score, target):
            value: Tensor = _CrossEntropy.apply(score, target)
            return value
    return _cross_entropy_of_shares(score, target)


def _cross_entropy_of_shares(score: Tensor, target: Tensor) -> Tensor:
    hard = (target > 0.5).to(target.dtype)
    return torch.addcmul(softplus(opposed_margin(score, hard)), hard - target, score)


class _CrossEntropy(OwnSlope):
    """``log(1 + exp(-|x|)) + (h - t) x`` with the label h that the score speaks for, in fewer passes.

    Each term has a kink at 0, so the slope is written out, ``h - t + (1 - 2 h) sigmoid(-|x|)``; a second one takes the
    form without kinks.
    """

    @staticmethod
    def forward(ctx: Any, score: Tensor, target: Tensor) -> Tensor:
        ctx.save_for_backward(score, target)
        spoken_for = (score > 0).to(score.dtype)
        return softplus(-score.abs()).addcmul_(spoken_for - target, score)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> tuple[Tensor, None]:
        score, target = ctx.saved_tensors
        if not in_place(of_value):
            return differentiated(lambda x: _cross_entropy_of_shares(x, target), score, of_value), None
        spoken_for = (score > 0).to(score.dtype)
        rest = opposed_margin((-score.abs()).sigmoid_(), spoken_for)
        return rest.add_(spoken_for - target).mul_(of_value), None


def hard_cross_entropy(score: Tensor, target: Tensor) -> Tensor:
    """``log(1 + exp((1 - 2 t) x))``, the cross-entropy of labels 0 and 1; no gradient in the label."""
    if not torch.jit.is_scripting():  # noqa: SIM102
        if own_slope(score, target):
            value: Tensor = _HardCrossEntropy.apply(score, target)
            return value
    return softplus(opposed_margin(score, target))


class _HardCrossEntropy(OwnSlope):
    """The slope ``(1 - 2 t) sigmoid((1 - 2 t) x)`` in the matrix that is returned."""

    @staticmethod
    def forward(ctx: Any, score: Tensor, target: Tensor) -> Tensor:
        opposed = torch.rsub(target, 1, alpha=2).mul_(score)
        ctx.save_for_backward(score, target, opposed)
        return softplus(opposed)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> tuple[Tensor, None]:
        score, target, opposed = ctx.saved_tensors
        if not in_place(of_value):
            return differentiated(lambda x: softplus(opposed_margin(x, target)), score, of_value), None
        slope = torch.sigmoid(opposed)
        if computing():  # the signs are there from the forward pass
            return opposed_margin(slope, target) * of_value, None
        # of numbers up to 1, where a difference in which the slope had a part might be one of infinities
        return slope.addcmul_(target, slope, value=-2).mul_(of_value), None


def cross_entropy_and_missing(score: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """The cross-entropy, and the probability ``t (1 - p) + (1 - t) p`` of the other label, both accurate at both ends."""
    if not torch.jit.is_scripting():  # noqa: SIM102
        if all_hard(target):
            if own_slope(score, target):
                value, missing = _HardCrossEntropyAndMissing.apply(score, target)
                return value, missing
            return _hard_cross_entropy_and_missing(score, target)
    yes, no = sigmoids(score)
    return cross_entropy(score, target), torch.addcmul(target * no, 1 - target, yes)


def _hard_cross_entropy_and_missing(score: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    opposed = opposed_margin(score, target)
    return softplus(opposed), sigmoids(opposed)[0]


class _HardCrossEntropyAndMissing(OwnSlope):
    """With m the second, the slopes ``(1 - 2 t) m`` and ``(1 - 2 t) m (1 - m)``; of all steps only m is kept."""

    @staticmethod
    def forward(ctx: Any, score: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        opposed = torch.rsub(target, 1, alpha=2).mul_(score)
        value = softplus(opposed)
        missing = opposed.sigmoid_()
        ctx.save_for_backward(score, target, missing)
        return value, missing

    @staticmethod
    def backward(ctx: Any, of_value: Tensor, of_missing: Tensor) -> tuple[Tensor, None]:
        score, target, missing = ctx.saved_tensors
        if not in_place(of_value, of_missing):
            form = partial(_hard_cross_entropy_and_missing, target=target)
            return differentiated(form, score, of_value, of_missing), None
        other = torch.rsub(target, 1, alpha=2).mul_(score).neg_().sigmoid_()  # 1 - m with all its digits
        slope = other.mul_(of_missing).add_(of_value).mul_(missing)
        if computing():
            return opposed_margin(slope, target), None
        return slope.addcmul_(target, slope, value=-2), None


def all_hard(target: Tensor) -> bool:
    """Whether every label is known to be exactly 0 or 1; they lie in [0, 1]. Where values may not be read, no."""
    if not readable(target) or not target.numel():
        return False
    t = target.detach()
    return torch.addcmul(t, t, t, value=-1).amax().item() == 0  # t - t^2 is positive in between, a denormal included
