"""The odd bump of a Gaussian: its derivative but for the sign."""

from typing import Any

import torch
from torch import Tensor

from losskit.plugins.ops.eager import own_backward

REACH = 39.0  # exp(-39^2/2) is 0 in float64, too; TorchScript reads no globals, so the graphs' form repeats it


def gaussian_bump(x: Tensor) -> Tensor:
    """``x exp(-x^2/2)``, and 0 for infinite x, where the product would be infinity times 0."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_backward(x):
            value: Tensor = _GaussianBump.apply(x)  # type: ignore[no-untyped-call]
            return value
    return _gaussian_bump_in_graphs(x)


def _gaussian_bump_in_graphs(x: Tensor) -> Tensor:
    near = torch.where(x.abs() < 39.0, x, torch.zeros_like(x))
    return near * torch.exp(-0.5 * near * near)


class _GaussianBump(torch.autograd.Function):
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
