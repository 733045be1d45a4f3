"""Convex functions of the residual, element by element: in eager mode the framework's, in graphs spelled out."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import huber_loss, mse_loss

from losskit.plugins.ops.eager import own_backward
from losskit.plugins.ops.slopes import OwnSlope, traced


def squared_residual(input: Tensor, target: Tensor) -> Tensor:
    """``(input - target)^2``."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if _fused(input, target):
            return mse_loss(input, target, reduction="none")
    residual = input - target
    return residual * residual


def huber_residual(input: Tensor, target: Tensor, delta: float) -> Tensor:
    """``r^2 / 2`` up to ``|r| = delta``, ``delta (|r| - delta / 2)`` beyond, with ``r = input - target``."""
    if not torch.jit.is_scripting():
        if _fused(input, target):
            return huber_loss(input, target, reduction="none", delta=delta)
        if traced() and isinstance(delta, int | float):  # a graph may take it for an input, with a slope of its own
            value: Tensor = _Huber.apply(input - target, delta)
            return value
    residual = input - target
    clipped = torch.clamp(residual, -delta, delta)
    return clipped * (residual - clipped / 2)


class _Huber(OwnSlope):
    """The slope is the clipped residual."""

    @staticmethod
    def forward(ctx: Any, residual: Tensor, delta: float) -> Tensor:
        clipped = residual.clamp(-delta, delta)
        ctx.save_for_backward(clipped)
        return clipped * (residual - clipped / 2)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> tuple[Tensor, None]:
        (clipped,) = ctx.saved_tensors
        return clipped * of_value, None


@torch.jit.unused
def _fused(input: Tensor, target: Tensor) -> bool:
    """Whether one pass of the framework may stand for several.

    Traced for a graph it becomes more operations than the plain form, and its backward pass refuses mixed dtypes.
    """
    return input.dtype == target.dtype and input.shape == target.shape and own_backward(input, target)
