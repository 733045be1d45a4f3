"""The softplus, which keeps its digits at both ends and in graphs."""

from typing import Any

import torch
from torch import Tensor

from losskit.plugins.ops.eager import in_place, own_slope
from losskit.plugins.ops.exponential import log_one_plus
from losskit.plugins.ops.sigmoid import sigmoids
from losskit.plugins.ops.slopes import OwnSlope


def softplus(x: Tensor) -> Tensor:
    """``log(1 + exp(x))``, accurate at both ends.

    The framework's softplus turns linear at a threshold: at its default, 20, it is 2e-9 off, at 40 nothing in double
    precision. Its ``log1p`` reaches ONNX as ``Add`` and ``Log``, without a digit left below -16: graphs get a form of
    their own.
    """
    if not torch.jit.is_scripting():  # a scripted function leaves out what stands under this test alone
        if own_slope(x):
            value: Tensor = _Softplus.apply(x)
            return value
        if torch.compiler.is_compiling():
            return _softplus_in_graphs(x)
    return torch.nn.functional.softplus(x, threshold=40.0)


class _Softplus(OwnSlope):
    """The framework's, with the sigmoid as its slope, at a fraction of what its own backward pass costs."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.nn.functional.softplus(x, threshold=40.0)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        if not in_place(of_value):
            return of_value * sigmoids(x)[0]  # whose own slope keeps its digits
        return torch.sigmoid(x).mul_(of_value)


def _softplus_in_graphs(x: Tensor) -> Tensor:
    positive = x > 0  # two branches rather than abs(x): their slopes meet at 0
    decay = torch.exp(torch.where(positive, -x, x))
    return torch.where(positive, x, torch.zeros_like(x)) + log_one_plus(decay)
