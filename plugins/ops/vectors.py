"""Vectors: normalisation that is defined, with a finite gradient, at the zero vector too."""

import torch
from torch import Tensor


def unit_rows(x: Tensor) -> Tensor:
    """Vectors of the last axis divided by max(Euclidean norm, 1e-12); the zero vector stays zero."""
    square = (x * x).sum(-1, keepdim=True)
    above = square > 1e-24
    norm = torch.where(above, torch.where(above, square, torch.ones_like(square)).sqrt(), 1e-12)
    return x / norm
