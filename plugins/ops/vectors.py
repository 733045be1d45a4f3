"""Vectors: normalisation and norms that are defined, with a finite gradient, at the zero vector too."""

from typing import Any

import torch
from torch import Tensor

from losskit.plugins.checks import readable
from losskit.plugins.ops.eager import own_slope
from losskit.plugins.ops.slopes import OwnSlope


def unit_rows(x: Tensor) -> Tensor:
    """Vectors of the last axis divided by max(Euclidean norm, 1e-12); the zero vector stays zero."""
    square = (x * x).sum(-1, keepdim=True)
    above = square > 1e-24
    norm = torch.where(above, torch.where(above, square, torch.ones_like(square)).sqrt(), 1e-12)
    return x / norm


def row_squares(x: Tensor) -> Tensor:
    """Sum of the squares over the last axis, shape ``x.shape[:-1]``."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_slope(x):
            value: Tensor = _RowSquares.apply(x)
            return value
    return x.square().sum(dim=-1)


class _RowSquares(OwnSlope):
    """With a slope of one pass; the framework's multiplies the whole matrix by 2 first."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.square().sum(dim=-1)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        slope: Tensor = x * (2 * of_value).unsqueeze(-1)
        return slope


def norm_rows(x: Tensor) -> Tensor:
    """Euclidean norm of the vectors of the last axis; its gradient at the zero vector is 0.

    Squares neither overflow nor underflow: they are taken relative to each row's largest entry.
    """
    if not torch.jit.is_scripting():  # noqa: SIM102
        if own_slope(x):
            value: Tensor = _NormRows.apply(x)
            return value
    return _norm_rows_in_graphs(x)


def _norm_rows_in_graphs(x: Tensor) -> Tensor:
    largest = x.abs().amax(dim=-1, keepdim=True).detach()  # a constant that cancels, in the gradient too
    unit = torch.where(largest == 0, torch.ones_like(largest), largest)
    square = (x / unit).square().sum(dim=-1)
    none = square == 0
    root = torch.where(none, torch.ones_like(square), square).sqrt()
    return unit.squeeze(-1) * torch.where(none, torch.zeros_like(root), root)


class _NormRows(OwnSlope):
    """The vector over its norm is the slope, and no square needs a scale where all sums of squares are of middling size."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        square = x.square().sum(dim=-1)
        middling = readable(square) and square.numel() and all(1e-20 < end < 1e20 for end in square.aminmax())
        norm = square.sqrt_() if middling else _norm_rows_in_graphs(x)
        ctx.save_for_backward(x, norm)
        return norm

    @staticmethod
    def backward(ctx: Any, of_norm: Tensor) -> Tensor:
        x, norm = ctx.saved_tensors
        unit = x / torch.where(norm == 0, torch.ones_like(norm), norm).unsqueeze(-1)  # 1 / norm overflows at denormals
        slope: Tensor = unit * of_norm.unsqueeze(-1)
        return slope
