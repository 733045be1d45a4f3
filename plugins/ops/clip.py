"""Numbers moved into an interval, with a slope that takes one pass."""

import math
from typing import Any

import torch
from torch import Tensor

from losskit.plugins.ops.eager import own_slope
from losskit.plugins.ops.slopes import OwnSlope, computing


def clip(x: Tensor, low: float, high: float) -> Tensor:
    """``min(max(x, low), high)``, whose slope is 1 from end to end, both included, and 0 beyond."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_slope(x):
            value: Tensor = _Clip.apply(x, low, high)
            return value
    return x.clamp(low, high)


class _Clip(OwnSlope):
    """The framework's takes two comparisons and a choice; its hard tanh takes one pass and leaves both ends out."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, low: float, high: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.ends = low, high
        if not computing():
            ctx.beyond = _next(low, -math.inf, x.dtype), _next(high, math.inf, x.dtype)
        return x.clamp(low, high)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> tuple[Tensor, None, None]:
        (x,) = ctx.saved_tensors
        if computing():
            return of_value * _within(x, low=ctx.ends[0], high=ctx.ends[1]), None, None
        return torch.ops.aten.hardtanh_backward(of_value, x, *ctx.beyond), None, None


def _within(x: Tensor, low: float, high: float) -> Tensor:
    """1 from end to end, 0 beyond: a factor of finite slopes, for a choice takes a runtime many times as long."""
    return torch.logical_and(x >= low, x <= high).to(x.dtype)


def _next(number: float, towards: float, dtype: torch.dtype) -> float:
    """The neighbour of a number in a dtype."""
    return float(torch.nextafter(torch.tensor(number, dtype=dtype), torch.tensor(towards, dtype=dtype)))
