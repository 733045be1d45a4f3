"""Label distributions that a decision-theoretic claim is tried at."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

CONCENTRATIONS = (1.0, 0.3, 5.0)
LEAST_MARGIN = 0.01  # gaps of risks go with its square: closer to a tie they sink below float64


def distributions(classes: int, count: int, seed: int, device: str, majority: bool = False, k: int = 1) -> Tensor:
    """Distributions (count, classes): spread, sparse, even, nearly uniform with k classes ahead, nearly at a vertex.

    Args:
        classes: their number.
        count: about as many are drawn.
        seed: they follow from it alone, on every device.
        device: where they are put.
        majority: whether each is mixed with a vertex until one class has more than one half.
        k: how many classes are ahead of equal others.
    """
    rng = np.random.default_rng(seed)
    each = count // (len(CONCENTRATIONS) + 2) + 1
    weights = [rng.standard_gamma(c, (each, classes)) + 1e-9 for c in CONCENTRATIONS]
    ahead = np.eye(classes)[np.zeros(each, dtype=int)]
    leading = (np.arange(classes) < k).astype(float)
    near_uniform = 1 + leading * 10 ** -rng.uniform(0.5, 2, (each, 1)) + 1e-3 * rng.random((each, classes))
    near_vertex = ahead + 10 ** -rng.uniform(1, 6, (each, 1)) * rng.random((each, classes))
    p = np.concatenate([*weights, near_uniform, near_vertex])
    p = rng.permuted(p / p.sum(1, keepdims=True), axis=1)
    if majority:
        share = rng.uniform(0.5, 0.95, (len(p), 1))
        p = share * np.eye(classes)[p.argmax(1)] + (1 - share) * p
    return torch.from_numpy(p).to(device)


def margin(p: Tensor, k: int = 1) -> Tensor:
    """Distance of the k-th largest probability to the next one, (distributions,)."""
    top = p.topk(k + 1).values
    return top[:, k - 1] - top[:, k]


def nearly_tied(p: Tensor, seed: int, k: int = 1) -> Tensor:
    """The distributions with the k-th likeliest class and the next one brought close to a tie, up to 1e-7 of their mean.

    A loss that is wrong by little is wrong there alone. Only what asks for a witness gets them: a gap of risks that goes
    with the square of the margin cannot be told from none.
    """
    sorted_p, order = p.sort(dim=1, descending=True)
    lead = torch.from_numpy(10 ** -np.random.default_rng(seed).uniform(2, 7, len(p))).to(p)
    mean = sorted_p[:, k - 1 : k + 1].mean(1)
    sorted_p[:, k - 1], sorted_p[:, k] = mean * (1 + lead), mean * (1 - lead)
    return torch.zeros_like(p).scatter(1, order, sorted_p)


def clear(p: Tensor, k: int = 1, least: float = LEAST_MARGIN) -> Tensor:
    """The distributions whose k likeliest classes lead by some margin."""
    return p[margin(p, k) > least]
