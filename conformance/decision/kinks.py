"""Stationarity where a function has kinks: the shortest vector among mixtures of slopes near a point."""

from __future__ import annotations

import torch
from torch import Tensor

from losskit.conformance.decision.bfgs import Objective, value_and_slope

RADIUS = 1e-7  # of the ball the slopes are taken from, relative to the point
POINTS = 6  # slopes for each variable, an even number: with fewer a kink's own minimum may look like a slope (Wendel's theorem)
ROUNDS = 200


def residual(objective: Objective, x: Tensor, seed: int) -> Tensor:
    """Length of the shortest mixture of slopes around each point, 0 at a minimum, smooth or not (Goldstein 1977).

    Args:
        objective: values of points, with the indices of the problems they belong to.
        x: (problems, n).
        seed: of the points around.

    Returns:
        Lengths, (problems,). A convex function lies nowhere more than this times the distance below its value at x.
    """
    problems, n = x.shape
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn((problems, POINTS * n // 2, n), generator=generator, dtype=torch.float64).to(x)
    noise = noise / noise.norm(dim=2, keepdim=True)
    noise = torch.cat([noise, -noise], 1)  # in pairs, so that no kink has all of them on one side by chance
    near = x.unsqueeze(1) + RADIUS * (1 + x.norm(dim=1).view(-1, 1, 1)) * noise
    owner = torch.arange(problems, device=x.device).repeat_interleave(POINTS * n)
    _, slopes = value_and_slope(objective, near.flatten(0, 1), owner)
    return shortest_mixture(slopes.view(problems, POINTS * n, n))


def shortest_mixture(vectors: Tensor) -> Tensor:
    """Length of the shortest convex combination of vectors, (problems, vectors, n).

    Accelerated projected descent whose momentum starts anew wherever it points uphill (O'Donoghue and Candes 2015): without
    that the last digits, which tell a kink's own minimum from a slope, come slowly.
    """
    gram = vectors @ vectors.mT
    pace = 1 / gram.diagonal(dim1=1, dim2=2).sum(1).clamp(min=1e-300).view(-1, 1)
    weights = torch.full(vectors.shape[:2], 1 / vectors.shape[1], dtype=vectors.dtype, device=vectors.device)
    ahead, momentum = weights, torch.ones_like(pace)
    for _ in range(ROUNDS):
        moved = on_simplex(ahead - pace * (gram @ ahead.unsqueeze(2)).squeeze(2))
        uphill = ((ahead - moved) * (moved - weights)).sum(1, keepdim=True) > 0
        momentum = torch.where(uphill, 1.0, momentum)
        following = (1 + (1 + 4 * momentum.square()).sqrt()) / 2
        ahead = moved + (momentum - 1) / following * (moved - weights)
        weights, momentum = moved, following
    shortest: Tensor = (weights.unsqueeze(1) @ vectors).squeeze(1)
    length: Tensor = torch.linalg.vector_norm(shortest, dim=1)
    return length


def on_simplex(v: Tensor) -> Tensor:
    """The nearest point of the probability simplex to each row."""
    ordered = v.sort(dim=1, descending=True).values
    places = torch.arange(1, v.shape[1] + 1, dtype=v.dtype, device=v.device)
    excess = ordered.cumsum(1) - 1
    last = (ordered * places > excess).sum(1, keepdim=True)
    return (v - excess.gather(1, last - 1) / last).clamp(min=0.0)
