"""Losses of the spherical family from statistics of the scores (Vincent et al. 2015, de Brébisson and Vincent 2016).

A spherical loss sees the scores ``o`` of a row through the label's score ``o_c``, the sum ``s`` of all D scores and the
sum ``q`` of their squares. Of a linear layer, ``o = W h``, these are ``W_c . h``, ``w . h`` and ``h' Q h`` with
``w = W' 1`` and ``Q = W' W``: no score but the label's is ever computed.
"""

import torch
from torch import Tensor

from losskit.plugins.ops.precision import full_matmul
from losskit.plugins.ops.softplus import softplus


def quadratic(hidden: Tensor, gram: Tensor) -> Tensor:
    """``h' Q h`` of every row, shape (B,)."""
    return (full_matmul(hidden, gram) * hidden).sum(dim=-1)


def spherical_loss(
    kind: str, label: Tensor, total: Tensor, squares: Tensor, classes: Tensor, a: float, b: float, eps: float
) -> Tensor:
    """The loss of each row from its statistics, shape (B,).

    Args:
        kind: ``mse``, ``taylor``, ``spherical`` or ``z_loss``.
        label: the label's score, shape (B,).
        total: sum of the scores, shape (B,).
        squares: sum of their squares, shape (B,).
        classes: their number, a tensor without axes.
        a: sharpness of the Z-loss.
        b: location of the Z-loss.
        eps: added to the squares of the spherical softmax.
    """
    if kind == "z_loss":
        mean = total / classes
        return z_softplus(label - mean, squares / classes - mean.square(), torch.ones_like(label), a, b)
    rest, rest_squares = _others(label, total, squares, classes)
    if kind == "mse":
        return rest_squares + (label - 1.0).square()
    if kind == "taylor":
        own = (1.0 + (1.0 + label).square()) / 2
        return torch.log1p((classes - 1.0 + rest + rest_squares / 2) / own)
    return torch.log1p((rest_squares + (classes - 1.0) * eps) / (label.square() + eps))


def _others(label: Tensor, total: Tensor, squares: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """Sum and sum of squares of all scores but the label's, shape (B,) each.

    The squares sum to no less than equal scores would give: neither rounding nor statistics that belong to another
    matrix take them below.
    """
    count = classes - 1.0
    rest = torch.where(count > 0, total - label, torch.zeros_like(total))
    least = rest.square() / count.clamp(min=1.0)
    rest_squares = torch.maximum(squares - label.square(), least)
    return rest, torch.where(count > 0, rest_squares, torch.zeros_like(squares))


def z_softplus(deviation: Tensor, variance: Tensor, unit: Tensor, a: float, b: float) -> Tensor:
    """``softplus(a (b - z)) / a`` of the standardised score ``z = (o_c - s / D) / sigma``, with z = 0 where sigma is 0.

    Args:
        deviation: ``(o_c - s / D) / unit``, shape (B,).
        variance: of the scores over ``unit``, shape (B,).
        unit: what the scores are measured in, positive, shape (B,).
        a: sharpness.
        b: location.
    """
    flat = variance <= (1e-20 / unit).square()  # no spread, or so little that 1 / sigma would overflow in float32
    sigma = torch.where(flat, torch.ones_like(variance), variance).sqrt()
    z = torch.where(flat, torch.zeros_like(deviation), deviation) / sigma
    return softplus(a * (b - z)) / a
