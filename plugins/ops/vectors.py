"""Vectors: normalisation and norms that are defined, with a finite gradient, at the zero vector too."""

import torch
from torch import Tensor


def unit_rows(x: Tensor) -> Tensor:
    """Vectors of the last axis divided by max(Euclidean norm, 1e-12); the zero vector stays zero."""
    square = (x * x).sum(-1, keepdim=True)
    above = square > 1e-24
    norm = torch.where(above, torch.where(above, square, torch.ones_like(square)).sqrt(), 1e-12)
    return x / norm


def norm_rows(x: Tensor) -> Tensor:
    """Euclidean norm of the vectors of the last axis; its gradient at the zero vector is 0.

    Squares neither overflow nor underflow: they are taken relative to each row's largest entry.
    """
    largest = x.abs().amax(dim=-1, keepdim=True).detach()  # a constant that cancels, in the gradient too
    unit = torch.where(largest == 0, torch.ones_like(largest), largest)
    square = (x / unit).square().sum(dim=-1)
    none = square == 0
    root = torch.where(none, torch.ones_like(square), square).sqrt()
    return unit.squeeze(-1) * torch.where(none, torch.zeros_like(root), root)
