"""Labels between 0 and 1 as shares of class 1: what a score costs against them."""

import torch
from torch import Tensor

from losskit.plugins.checks import readable
from losskit.plugins.ops.sigmoid import sigmoids
from losskit.plugins.ops.signs import opposed_margin
from losskit.plugins.ops.softplus import softplus


def cross_entropy(score: Tensor, target: Tensor) -> Tensor:
    """``t log(1 + exp(-x)) + (1 - t) log(1 + exp(x))``, accurate at both ends for every label; no gradient in the label.

    With the hard label h next to t it is ``log(1 + exp((1 - 2 h) x)) + (h - t) x``: one logarithm, and neither term
    falls below 0 where the other is small, so none of its digits is lost.
    """
    if not torch.jit.is_scripting():  # noqa: SIM102 - TorchScript would compile the other side of an and
        if all_hard(target):
            return softplus(opposed_margin(score, target))
    hard = target.round().clamp(0, 1)
    return torch.addcmul(softplus(opposed_margin(score, hard)), hard - target, score)


def cross_entropy_and_missing(score: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """The cross-entropy, and the probability ``t (1 - p) + (1 - t) p`` of the other label, both accurate at both ends."""
    if not torch.jit.is_scripting():  # noqa: SIM102
        if all_hard(target):
            opposed = opposed_margin(score, target)
            return softplus(opposed), sigmoids(opposed)[0]
    yes, no = sigmoids(score)
    return cross_entropy(score, target), torch.addcmul(target * no, 1 - target, yes)


def all_hard(target: Tensor) -> bool:
    """Whether every label is known to be exactly 0 or 1; they lie in [0, 1]. Where values may not be read, no."""
    if not readable(target) or not target.numel():
        return False
    t = target.detach()
    return torch.addcmul(t, t, t, value=-1).amax().item() == 0  # t - t^2 is positive in between, a denormal included
