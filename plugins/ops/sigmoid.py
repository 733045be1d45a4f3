"""Probabilities of one score that keep their digits, and their slopes, at both ends."""

from typing import Any

import torch
from torch import Tensor

from losskit.plugins.ops.eager import own_slope, times
from losskit.plugins.ops.slopes import OwnSlope


def sigmoids(x: Tensor) -> tuple[Tensor, Tensor]:
    """``sigmoid(x)`` and ``sigmoid(-x) = 1 - sigmoid(x)`` with full relative accuracy, values and slopes, in graphs too.

    The slope of ``torch.sigmoid`` is ``y (1 - y)``, and y rounds to 1: nothing is left of it from 17 on in single precision.
    """
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_slope(x):
            yes, no = _Sigmoids.apply(x)
            return yes, no
    return _sigmoids_in_graphs(x)


def _sigmoids_in_graphs(x: Tensor) -> tuple[Tensor, Tensor]:
    """ONNX Runtime's sigmoid is off by 1e-7 wherever, and 0 below -18."""
    positive = x > 0
    power = torch.exp(torch.where(positive, -x, x))
    larger, smaller = 1 / (1 + power), power / (1 + power)
    return torch.where(positive, larger, smaller), torch.where(positive, smaller, larger)


class _Sigmoids(OwnSlope):
    """Both, and their slope as the product of both."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> tuple[Tensor, Tensor]:
        yes, no = torch.sigmoid(x), (-x).sigmoid_()
        ctx.save_for_backward(yes, no)
        ctx.set_materialize_grads(False)
        return yes, no

    @staticmethod
    def backward(ctx: Any, of_yes: Tensor | None, of_no: Tensor | None) -> Tensor | None:
        yes, no = ctx.saved_tensors
        slope: Tensor = yes * no
        if of_no is None:
            return None if of_yes is None else times(slope, of_yes)
        return times(slope, -of_no if of_yes is None else of_yes - of_no)
