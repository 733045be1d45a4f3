"""Labels of 0 and 1 as signs of a score."""

from typing import Any

import torch
from torch import Tensor

from losskit.plugins.ops.eager import own_backward


def signed_margin(score: Tensor, target: Tensor) -> Tensor:
    """``(2 t - 1) x``: the score x where the label t is 1, and minus it where it is 0."""
    return (2 * target - 1) * score


def opposed_margin(score: Tensor, target: Tensor) -> Tensor:
    """``(1 - 2 t) x``, minus the signed margin."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_backward(score, target) and not target.requires_grad:
            value: Tensor = _OpposedMargin.apply(score, target)  # type: ignore[no-untyped-call]
            return value
    return (1 - 2 * target) * score


class _OpposedMargin(torch.autograd.Function):
    """``x - 2 t x``, one pass each way and no sign kept; exact at hard labels, where ``2 t x`` is 0 or 2 x."""

    @staticmethod
    def forward(ctx: Any, score: Tensor, target: Tensor) -> Tensor:
        ctx.save_for_backward(target)
        return torch.addcmul(score, target, score, value=-2)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> tuple[Tensor, None]:
        (target,) = ctx.saved_tensors
        return torch.addcmul(of_value, target, of_value, value=-2), None
