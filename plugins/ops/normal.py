"""The standard normal law: probabilities of neighbouring intervals, with all their digits in both tails."""

import math
from typing import Any

import torch
from torch import Tensor

from losskit.plugins.ops.eager import own_slope
from losskit.plugins.ops.slopes import OwnSlope, traced


def standardised(x: Tensor, mean: float, std: float) -> Tensor:
    """``(x - mean) / std``."""
    return over_deviation(x if isinstance(mean, float) and mean == 0 else x - mean, std)


def over_deviation(x: Tensor, std: float) -> Tensor:
    """``x / std``; a deviation that is an input of a graph comes as a tensor, of which nothing may be asked."""
    return x if isinstance(std, float) and std == 1 else x / std


def interval_masses(edges: Tensor) -> Tensor:
    """Probability of each interval between neighbouring edges, (..., K + 1) to (..., K); edges increase.

    Differences of the distribution function cancel in the tails. Intervals beyond one standard deviation take
    differences of the tail function on their own side, the others of ``erf``, whose halves cancel exactly.
    """
    scaled = edges * 0.5**0.5
    centre = torch.erf(scaled)
    tail = erfc(scaled.abs())
    low, high = edges[..., :-1], edges[..., 1:]
    falling = tail[..., :-1] - tail[..., 1:]  # on the right of the mean; on the left it has the other sign
    middle = centre[..., 1:] - centre[..., :-1]
    return 0.5 * torch.where(low > 1, falling, torch.where(high < -1, -falling, middle))


def normal_step(x: Tensor, low: float, high: float, mean: float, std: float) -> Tensor:
    """The distribution function rescaled, ``low + (high - low) Phi((x - mean) / std)``, exactly low or high far out."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_slope(x):
            value: Tensor = _NormalStep.apply(x, low, high, mean, std)
            return value
    return _normal_step_in_graphs(x, low, high, mean, std)


def _normal_step_in_graphs(x: Tensor, low: float, high: float, mean: float, std: float) -> Tensor:
    standard = (x - mean) / std
    below = standard < 0
    beyond = (high - low) * tail(torch.where(below, -standard, standard))  # abs would have no slope at 0
    return torch.where(below, low + beyond, high - beyond)


class _NormalStep(OwnSlope):
    """One complementary error function for both halves, and the density as its slope.

    It is the share of the end that is larger in size: so it has its digits where the value is small.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, low: float, high: float, mean: float, std: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.place = low, high, mean, std
        upwards = abs(low) <= abs(high)
        near, far = (low, high) if upwards else (high, low)
        share = _scaled(x, mean, -std if upwards else std).erfc_()
        if near == 0:
            return share.mul_(0.5 * far)
        share.mul_(0.5)
        return (1 - share).mul_(near).add_(share, alpha=far)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> tuple[Tensor, None, None, None, None]:
        (x,) = ctx.saved_tensors
        low, high, mean, std = ctx.place
        scaled = _scaled(x, mean, std)
        density = (scaled * scaled).neg_().exp_()
        slope = (density * of_value).mul_((high - low) / (std * math.sqrt(2 * math.pi)))
        return slope, None, None, None, None


def _scaled(x: Tensor, mean: float, std: float) -> Tensor:
    """``(x - mean) / (std sqrt(2))``, the argument of the error functions."""
    divisor = std * math.sqrt(2)
    return x / divisor if mean == 0 else (x - mean).div_(divisor)


def tail(x: Tensor) -> Tensor:
    """Probability beyond ``x``, for ``x >= 0``: all digits in graphs, too."""
    scaled = x * 0.5**0.5
    near = scaled < 0.5
    beyond = erfc(torch.where(near, torch.full_like(scaled, 0.5), scaled))
    return 0.5 * torch.where(near, 1 - torch.erf(torch.where(near, scaled, torch.zeros_like(scaled))), beyond)


def erfc(x: Tensor) -> Tensor:
    """Complementary error function for ``x >= 0.5``.

    ONNX has no such operator: the exporter writes ``1 - Erf``, which is 0 in float32 from 4 on. Graphs get
    ``exp(-x^2)`` times a polynomial in ``1 / (1 + 0.3 x)``, a least-squares fit with a relative error of 2e-8.
    """
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if torch.compiler.is_exporting() and not traced():
            return _erfc_in_graphs(x)
    return torch.erfc(x)


def _erfc_in_graphs(x: Tensor) -> Tensor:
    coefficients = [
        0.169256875, 0.1692568249, 0.1616453688, 0.1462710817, 0.1262026881,
        0.08801297486, 0.107559758, -0.03716794164, 0.1210461589, -0.05209560158,
    ]  # fmt: skip
    t = 1 / (1 + 0.3 * x)
    scaled = torch.zeros_like(t)
    for coefficient in reversed(coefficients):
        scaled = scaled * t + coefficient
    return torch.exp(-x * x) * scaled * t
