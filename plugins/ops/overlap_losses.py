"""Dice and Tversky losses of each entry by itself, whose slopes have short forms since a label is 0 or 1.

All functions take a share q in [0, 1], ``missing = 1 - q`` from a form of its own where that keeps more digits, and labels,
boolean or 0 and 1, all of one shape. The gradient is that in q: through ``missing`` there flows none.
"""

from typing import Any

import torch
from torch import Tensor

from losskit.plugins.ops.eager import over, own_slope, times
from losskit.plugins.ops.overlap import overlap_parts, tversky_parts
from losskit.plugins.ops.slopes import OwnSlope, computing


def dice_losses(share: Tensor, missing: Tensor, label: Tensor, smooth: float, squared: bool) -> Tensor:
    """``1 - (2 q y + s) / (D(q) + y + s)`` with ``D(q) = q^2`` or ``q``."""
    if not squared:
        return tversky_losses(share, missing, label, 0.5, 0.5, smooth / 2)
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_slope(share, missing, label):
            y = label.to(share.dtype)
            value: Tensor = _SquaredDice.apply(share, missing, y, smooth)
            return value
    wrong, size = overlap_parts(share, missing, label, squared)
    return wrong / (size + smooth)


def tversky_losses(share: Tensor, missing: Tensor, label: Tensor, alpha: float, beta: float, smooth: float) -> Tensor:
    """``1 - (TP + s) / (TP + alpha FP + beta FN + s)``."""
    if not torch.jit.is_scripting():  # noqa: SIM102
        if own_slope(share, missing, label):
            y = label.to(share.dtype)
            value: Tensor = _Tversky.apply(share, missing, y, alpha, beta, smooth)
            return value
    wrong, size = tversky_parts(share, missing, label, alpha, beta)
    return wrong / (size + smooth)


class _SquaredDice(OwnSlope):
    """The slope in q, ``2 g (s - y (1 + 2 s + q)) / N^2`` with the gap ``g = |q - y|`` and the denominator N."""

    @staticmethod
    def forward(ctx: Any, share: Tensor, missing: Tensor, label: Tensor, smooth: float) -> Tensor:
        gap, size = _squares(share, missing, label, smooth)
        ctx.save_for_backward(share, missing, label, gap, size)
        ctx.smooth = smooth
        return (gap * gap).div_(size)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> tuple[Tensor | None, ...]:
        share, missing, label, gap, size = ctx.saved_tensors
        if torch.is_grad_enabled():  # for second derivatives what was saved must depend on the shares
            gap, size = _squares(share, missing, label, ctx.smooth)
        fall = torch.addcmul(label * (-2 - 4 * ctx.smooth), label, share, value=-2).add_(2 * ctx.smooth)
        return over(times(fall, gap, of_value), size, size), None, None, None


def _squares(share: Tensor, missing: Tensor, label: Tensor, smooth: float) -> tuple[Tensor, Tensor]:
    """The gap and the denominator; the mixture takes either end as it is where the label is 0 or 1."""
    # in a graph the mixture would be two choices
    gap = label * missing + (1 - label) * share if computing() else torch.lerp(share, missing, label)
    return gap, torch.addcmul(gap * gap, label, share, value=2).add_(smooth)


class _Tversky(OwnSlope):
    """The slope in q, ``(alpha s (1 - y) - beta (1 + s) y) / N^2`` with the denominator N."""

    @staticmethod
    def forward(
        ctx: Any, share: Tensor, missing: Tensor, label: Tensor, alpha: float, beta: float, smooth: float
    ) -> Tensor:
        ctx.alpha, ctx.beta, ctx.smooth = alpha, beta, smooth
        wrong = torch.rsub(label, 1).mul_(share).mul_(alpha).addcmul_(label, missing, value=beta)
        size = torch.addcmul(wrong, label, share).add_(smooth)
        ctx.save_for_backward(share, missing, label, size)
        return wrong.div_(size)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> tuple[Tensor | None, ...]:
        share, missing, label, size = ctx.saved_tensors
        alpha, beta, smooth = ctx.alpha, ctx.beta, ctx.smooth
        if torch.is_grad_enabled():  # for second derivatives what was saved must depend on the shares
            size = tversky_parts(share, missing, label, alpha, beta)[1] + smooth
        fall = torch.rsub(label, 1).mul_(alpha * smooth).add_(label, alpha=-beta * (1 + smooth))
        return over(times(fall, of_value), size, size), None, None, None, None, None
