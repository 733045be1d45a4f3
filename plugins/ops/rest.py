"""Minus the logarithm of what a probability leaves, from both of them."""

from typing import Any

import torch
from torch import Tensor

from losskit.plugins.ops.eager import own_slope
from losskit.plugins.ops.exponential import log_one_plus
from losskit.plugins.ops.slopes import OwnSlope


def surprise_of_rest(probability: Tensor, rest: Tensor) -> Tensor:
    """``-log(1 - p)`` from p where that is small, else from ``1 - p`` itself: each keeps its digits there.

    The slope is taken in p. Where p was cut off at 0, its own slope is 0 and ``rest`` may exceed 1.
    """
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_slope(probability, rest):
            value: Tensor = _SurpriseOfRest.apply(probability, rest)
            return value
    small = probability < 0.5
    near = log_one_plus(-torch.where(small, probability, torch.zeros_like(probability)))
    return -torch.where(small, near, torch.where(small, torch.ones_like(rest), rest).log())


class _SurpriseOfRest(OwnSlope):
    """One logarithm of each kind, and one division for the slope."""

    @staticmethod
    def forward(ctx: Any, probability: Tensor, rest: Tensor) -> Tensor:
        ctx.save_for_backward(rest)
        return torch.where(probability < 0.5, (-probability).log1p_(), rest.log()).neg_()

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> tuple[Tensor, None]:
        (rest,) = ctx.saved_tensors
        return of_value / rest, None
