"""Tensors that are made from sizes and numbers alone."""

from __future__ import annotations

from typing import Any

import torch

from losskit.export.lowering.builder import Builder
from losskit.export.lowering.table import Meta, lowers
from losskit.export.lowering.values import Value


@lowers("full.default")
def full(g: Builder, result: Meta, _size: Any, number: Any, **_options: Any) -> Value:
    """One number everywhere; held once."""
    return g.number(number, result.dtype).seen_as(result.shape)


@lowers("full_like.default", "new_full.default")
def full_like(g: Builder, result: Meta, _like: Value, *given: Any, **_options: Any) -> Value:
    """One number everywhere, the last of those given."""
    return g.number(given[-1], result.dtype).seen_as(result.shape)


@lowers(
    "zeros.default", "zeros_like.default", "new_zeros.default",
    "empty.memory_format", "empty_like.default", "new_empty.default",
)  # fmt: skip
def zeros(g: Builder, result: Meta, *_given: Any, **_options: Any) -> Value:
    """Zeros, also where the program leaves memory as it was found: whoever asks for it fills it."""
    return g.number(0, result.dtype).seen_as(result.shape)


@lowers("ones.default", "ones_like.default", "new_ones.default")
def ones(g: Builder, result: Meta, *_given: Any, **_options: Any) -> Value:
    """Ones."""
    return g.number(1, result.dtype).seen_as(result.shape)


@lowers("scalar_tensor.default")
def scalar_tensor(g: Builder, result: Meta, number: Any, **_options: Any) -> Value:
    """A number as a tensor."""
    return g.number(number, result.dtype)


@lowers("arange.start_step")
def arange(g: Builder, result: Meta, start: Any, end: Any, step: Any = 1, **_options: Any) -> Value:
    """Numbers at equal distances."""
    whole = torch.int64 if not result.dtype.is_floating_point or _whole(start, end, step) else torch.float64
    numbers = [g.number(one, whole) for one in (start, end, step)]
    return g.cast(g.add("Range", *numbers, dtype=whole, shape=result.shape), result.dtype)


@lowers("arange.default")
def arange_to(g: Builder, result: Meta, end: Any, **options: Any) -> Value:
    """Numbers from 0."""
    return arange(g, result, 0, end, **options)


@lowers("arange.start")
def arange_between(g: Builder, result: Meta, start: Any, end: Any, **options: Any) -> Value:
    """Numbers from one to another."""
    return arange(g, result, start, end, **options)


def _whole(*numbers: Any) -> bool:
    return all(isinstance(number, int | torch.SymInt) for number in numbers)
