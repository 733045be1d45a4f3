"""Supports: real numbers as shares of equally spaced locations."""

import torch
from torch import Tensor


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
