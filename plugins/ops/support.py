"""Supports: real numbers as shares of equally spaced locations."""

from typing import Any

import torch
from torch import Tensor

from losskit.plugins.checks import readable
from losskit.plugins.ops.eager import own_slope
from losskit.plugins.ops.precision import full_matmul
from losskit.plugins.ops.slopes import OwnSlope, traced


def places(values: Tensor, low: float, high: float, count: int) -> Tensor:
    """Place of each number among ``count`` locations from ``low`` to ``high`` inclusive, in spacings from the first.

    Numbers outside are moved to the nearer end.
    """
    return torch.clamp((values - low) / (high - low) * (count - 1), 0, count - 1)


def linear_shares(place: Tensor, count: int) -> Tensor:
    """Shares of the two neighbouring locations, shape (..., count): 1 less the distance in spacings, never below 0.

    At most two are positive and they sum to 1; on a location it is that one alone, with no division by the gap of its
    neighbours.
    """
    locations = torch.arange(count, dtype=place.dtype, device=place.device)
    return torch.clamp(1 - (locations - place.unsqueeze(-1)).abs(), min=0)


def moved(weight: Tensor, place: Tensor) -> Tensor:
    """Weights at places moved to the locations beside them, shape (..., K) to (..., K): ``sum_j w_j linear_shares(place_j)``.

    There are at least 2 locations.

    On a CPU, and in graphs, each is added to its two neighbours; elsewhere, where sums by index come in any order, all shares
    are formed.
    """
    count = weight.size(-1)
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if traced() or readable(place):
            left = torch.where(place.isnan(), 0.0, place).floor_().clamp_(max=count - 2)
            index = left.long()
            right_share = left.neg_().add_(place).mul_(weight)
            found = torch.zeros_like(weight).scatter_add_(-1, index, weight - right_share)
            return found.scatter_add_(-1, index + 1, right_share)
    shares = linear_shares(place, count)
    return full_matmul(weight.unsqueeze(-2), shares).squeeze(-2)


def cross_entropy_between(scores: Tensor, place: Tensor) -> Tensor:
    """``-sum_k q_k log softmax(scores)_k`` with the :func:`linear_shares` q of a place, shape ``place.shape``."""
    count = scores.size(-1)
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_slope(scores, place):
            neighbours = torch.where(place.isnan(), 0.0, place).floor_().clamp_(max=count - 2).unsqueeze(-1)
            neighbours = neighbours + torch.arange(2, dtype=place.dtype, device=place.device)
            shares = 1 - (neighbours - place.unsqueeze(-1)).abs_()
            value: Tensor = _CrossEntropyBetween.apply(scores, neighbours.long(), shares)
            return value
    return -(linear_shares(place, count) * torch.log_softmax(scores, dim=-1)).sum(dim=-1)


class _CrossEntropyBetween(OwnSlope):
    """Two entries a row rather than all of them, picked by indices, which a runtime's gather would wrap around."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, neighbours: Tensor, shares: Tensor) -> Tensor:
        top = scores.amax(dim=-1, keepdim=True)
        powers = (scores - top).exp_()
        total = powers.sum(dim=-1, keepdim=True)
        ctx.save_for_backward(scores, neighbours, shares, powers, total)
        below_top = (top - scores.gather(-1, neighbours)).mul_(shares)
        return below_top.sum(dim=-1).add_(total.log().squeeze(-1))

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> tuple[Tensor, None, None]:
        scores, neighbours, shares, powers, total = ctx.saved_tensors
        of_value = of_value.unsqueeze(-1)
        if torch.is_grad_enabled():  # to be differentiated again, which the saved powers cannot be
            powers, total = torch.softmax(scores, dim=-1), torch.ones_like(total)
        slope = powers * (of_value / total)
        return slope.scatter_add_(-1, neighbours, -of_value * shares), None, None
