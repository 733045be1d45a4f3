"""The bell of a Gaussian, and its odd bump: its derivative but for the sign."""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from losskit.plugins.ops.eager import differentiated, in_place, own_slope
from losskit.plugins.ops.slopes import OwnSlope

REACH = 39.0  # exp(-39^2/2) is 0 in float64, too; TorchScript reads no globals, so the graphs' form repeats it


def gaussian(x: Tensor, height: float) -> Tensor:
    """``height exp(-x^2/2)``, for finite x."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_slope(x):
            value: Tensor = _Gaussian.apply(x, height)
            return value
    return _gaussian_in_graphs(x, height)


def _gaussian_in_graphs(x: Tensor, height: float) -> Tensor:
    return torch.exp(-0.5 * x * x) * height


class _Gaussian(OwnSlope):
    """Made in place, with a slope of two products."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, height: float) -> Tensor:
        value = (x * x).mul_(-0.5).exp_().mul_(height)
        ctx.save_for_backward(x, value)
        ctx.height = height
        return value

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> tuple[Tensor, None]:
        x, value = ctx.saved_tensors
        if not in_place(of_value):
            return differentiated(partial(_gaussian_in_graphs, height=ctx.height), x, of_value), None
        return (x * value).mul_(of_value).neg_(), None


def log_gaussian(x: Tensor) -> Tensor:
    """``-x^2/2`` up to 60 from 0, where the Gaussian lifts no number of the dtype from 0 any more, and constant beyond."""
    if not torch.jit.is_scripting():  # noqa: SIM102
        if own_slope(x):
            value: Tensor = _LogGaussian.apply(x)
            return value
    return _log_gaussian_in_graphs(x)


def _log_gaussian_in_graphs(x: Tensor) -> Tensor:
    near = x.clamp(-60.0, 60.0)
    return -0.5 * near * near


class _LogGaussian(OwnSlope):
    """The framework's hard tanh takes off the slope beyond, in one pass that may be differentiated and comes in batches."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        near = x.clamp(-60.0, 60.0)
        return near.mul_(near).mul_(-0.5)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        slope: Tensor = torch.ops.aten.hardtanh_backward(of_value, x, -60.0, 60.0)
        return slope.mul_(x.clamp(-60.0, 60.0)).neg_()


def gaussian_bump(x: Tensor) -> Tensor:
    """``x exp(-x^2/2)``, and 0 for infinite x, where the product would be infinity times 0."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_slope(x):
            value: Tensor = _GaussianBump.apply(x)
            return value
    return _gaussian_bump_in_graphs(x)


def _gaussian_bump_in_graphs(x: Tensor) -> Tensor:
    near = torch.where(x.abs() < 39.0, x, torch.zeros_like(x))
    return near * torch.exp(-0.5 * near * near)


class _GaussianBump(OwnSlope):
    """Far points are moved to where the Gaussian is 0 as well, which takes a pass where a choice takes many."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        near = x.clamp(-REACH, REACH)
        return (near * near).mul_(-0.5).exp_().mul_(near)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        near = x.clamp(-REACH, REACH)
        square = near * near
        gaussian = (square * -0.5).exp_()
        slope: Tensor = (gaussian * (1 - square)) * of_value
        return slope
