"""Frames of class vectors: the ideal Gram matrix, and how far a matrix is from another, each of norm 1."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.checks import concrete, readable
from losskit.plugins.ops.classes import one_hot
from losskit.plugins.ops.precision import resolution
from losskit.plugins.ops.vectors import norm_rows, row_squares
from losskit.spec.errors import InputError


def ideal_gram(classes: int, frame: str, scales: Optional[Tensor], like: Tensor) -> Tensor:
    """Gram matrix of norm 1 of an ideal frame, shape (C, C), in the dtype of ``like``.

    A simplex equiangular tight frame for ``etf``, orthogonal vectors of one length for ``orthogonal``, and of squared
    lengths proportional to ``scales``, shape (C,), where they are given.
    """
    identity = one_hot(torch.arange(classes, device=like.device), classes).to(like.dtype)
    if scales is not None:
        lengths = scales.detach().to(like.dtype)
        return identity * unit_norm(lengths)
    if frame == "etf":
        identity = identity - 1 / classes
    return identity / (classes * identity[0].square().sum()).sqrt()  # its rows are of one length


def unit_norm(x: Tensor) -> Tensor:
    """A tensor over its Euclidean (Frobenius) norm; not-a-number throughout where it is zero.

    It is scaled by its largest entry first, a constant that cancels, so that no square overflows or underflows.
    """
    return over_norm(x / largest_size(x))


def over_norm(x: Tensor) -> Tensor:
    """As :func:`unit_norm`, for entries whose squares neither overflow nor underflow."""
    return x * row_squares(x.flatten()).rsqrt()


def largest_size(x: Tensor) -> Tensor:
    """The largest absolute value of all entries, a constant."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if concrete(x):
            least, most = x.detach().aminmax()
            return torch.maximum(most, -least)
    return x.detach().abs().max()


def distance(x: Tensor, y: Tensor) -> Tensor:
    """Euclidean (Frobenius) distance of two tensors, a scalar; its gradient is 0 where they are equal."""
    return norm_rows((x - y).flatten())


def refuse_vanishing(name: str, entry: str, wanted: str, tensor: Tensor, source: Optional[Tensor] = None) -> None:
    """Refuse an input that leaves a tensor with nothing but rounding errors, where values may be read.

    Args:
        name: of the loss.
        entry: the input.
        wanted: what it must have.
        tensor: what must not vanish.
        source: what it was computed from, whose rounding errors count for nothing; left out where it is the input.
    """
    if not readable(tensor) or tensor.numel() == 0:
        return
    largest = float(largest_size(tensor))
    size = 0.0 if source is None else float(largest_size(source))
    if largest <= 8 * resolution(tensor) * size:
        raise InputError(f"{name}: input {entry} must have {wanted}, found none beyond {largest:g}")
