"""Operators that move entries about and change none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
import torch

from losskit.export.lowering.builder import Builder
from losskit.export.lowering.elementwise import arithmetic_where
from losskit.export.lowering.reductions import places
from losskit.export.lowering.table import Meta, lowers
from losskit.export.lowering.values import Value, shape_of, size_of

END = 2**63 - 1  # where the framework ends a slice that goes to the end


@lowers("view.default", "_unsafe_view.default", "reshape.default", "view_copy.default", "_reshape_copy.default")
def reshape(g: Builder, result: Meta, x: Value, _size: Any) -> Value:
    """The same entries in other axes."""
    if x.shape == result.shape:
        return x
    if not x.held:
        return x.seen_as(result.shape)
    whole = g.fill(x)
    unknown = [place for place, size in enumerate(result.shape) if not size.is_Integer]
    if len(unknown) == 1 and sympy.S.Zero not in result.shape:  # one size may be left to the runtime
        sizes = g.axes([-1 if place in unknown else int(size) for place, size in enumerate(result.shape)])
    else:
        sizes = g.sizes(result.shape)
    return g.add("Reshape", whole, sizes, dtype=x.dtype, shape=result.shape, allowzero=1)


@lowers("expand.default")
def expand(_g: Builder, result: Meta, x: Value, _size: Any, **_options: Any) -> Value:
    """Repeated along axes of size 1; held once."""
    return x.seen_as(result.shape)


@lowers("unsqueeze.default")
def unsqueeze(g: Builder, result: Meta, x: Value, dim: int) -> Value:
    """One more axis, of size 1."""
    behind = x.rank - dim % (x.rank + 1)
    if behind >= len(x.held) and not (behind == 0 == x.rank):
        return x.seen_as(result.shape)
    if not x.held:
        return x.seen_as(result.shape)
    place = len(x.held) - behind
    held = (*x.held[:place], sympy.S.One, *x.held[place:])
    return g.add("Unsqueeze", x, g.axes([place]), dtype=x.dtype, shape=held).seen_as(result.shape)


@lowers("squeeze.dims", "squeeze.dim", "squeeze.default")
def squeeze(g: Builder, result: Meta, x: Value, dims: Any = None) -> Value:
    """Without axes of size 1."""
    gone = [place for place in places(dims, x.rank) if x.shape[place] == 1]
    missing = x.rank - len(x.held)
    held = [place - missing for place in gone if place >= missing]
    if not held:
        return x.seen_as(result.shape)
    shape = tuple(size for place, size in enumerate(x.held) if place not in held)
    return g.add("Squeeze", x, g.axes(held), dtype=x.dtype, shape=shape).seen_as(result.shape)


@lowers("permute.default")
def permute(g: Builder, result: Meta, x: Value, dims: Sequence[int]) -> Value:
    """Axes in another order."""
    order = [dim % x.rank for dim in dims]
    if not x.held or order == sorted(order):
        return x.seen_as(result.shape)
    padded = g.pad_rank(x)
    held = tuple(padded.held[place] for place in order)
    return g.add("Transpose", padded, dtype=x.dtype, shape=held, perm=order).seen_as(result.shape)


@lowers("transpose.int")
def transpose(g: Builder, result: Meta, x: Value, first: int, second: int) -> Value:
    """Two axes exchanged."""
    order = list(range(x.rank))
    if order:
        order[first], order[second] = order[second], order[first]
    return permute(g, result, x, order)


@lowers("t.default")
def turned(g: Builder, result: Meta, x: Value) -> Value:
    """A matrix with its axes exchanged."""
    return permute(g, result, x, list(reversed(range(x.rank))))


def cut(g: Builder, x: Value, dim: int, start: Any, end: Any, step: int, shape: Any) -> Value:
    """Entries of an axis from a size to another, both within it or negative."""
    bounds = [g.sizes([size_of(one)]) for one in (start, end)]
    return g.add("Slice", g.fill(x), *bounds, g.axes([dim]), g.axes([step]), dtype=x.dtype, shape=shape)


@lowers("slice.Tensor")
def slice_(
    g: Builder, result: Meta, x: Value, dim: int = 0, start: Any = None, end: Any = None, step: int = 1
) -> Value:
    """Part of an axis."""
    if not x.held or x.shape == result.shape:
        return x.seen_as(result.shape)
    return cut(g, x, dim % x.rank, start or 0, END if end is None else end, step, result.shape)


@lowers("select.int")
def select(g: Builder, result: Meta, x: Value, dim: int, index: Any) -> Value:
    """One entry of an axis."""
    if not x.held:
        return x.seen_as(result.shape)
    place = g.number(index, torch.int64)
    return g.add("Gather", g.fill(x), place, dtype=x.dtype, shape=result.shape, axis=dim % x.rank)


@lowers("cat.default")
def cat(g: Builder, result: Meta, tensors: Sequence[Value], dim: int = 0) -> Value:
    """Tensors side by side; an empty one of rank 1 counts for nothing."""
    rank = len(result.shape)
    wholes = [g.fill(g.cast(x, result.dtype)) for x in tensors if x.rank == rank]
    if len(wholes) == 1:
        return wholes[0]
    return g.add("Concat", *wholes, dtype=result.dtype, shape=result.shape, axis=dim % rank)


@lowers("split_with_sizes.default")
def split_with_sizes(g: Builder, result: tuple[Meta, ...], x: Value, sizes: Any, dim: int = 0) -> tuple[Value, ...]:
    """An axis in pieces of given sizes."""
    place = dim % x.rank
    ends = [sympy.Add(*shape_of(sizes[:count])) for count in range(len(sizes) + 1)]
    pairs = zip(ends, ends[1:], result, strict=False)
    return tuple(cut(g, x, place, start, end, 1, piece.shape) for start, end, piece in pairs)


@lowers("split.Tensor", "unsafe_split.Tensor")
def split(g: Builder, result: tuple[Meta, ...], x: Value, _size: Any, dim: int = 0) -> tuple[Value, ...]:
    """An axis in pieces of one size, the last perhaps shorter."""
    return split_with_sizes(g, result, x, [piece.shape[dim % x.rank] for piece in result], dim)


@lowers("unbind.int")
def unbind(g: Builder, result: tuple[Meta, ...], x: Value, dim: int = 0) -> tuple[Value, ...]:
    """Every entry of an axis on its own."""
    return tuple(select(g, piece, x, dim, index) for index, piece in enumerate(result))


@lowers("flip.default")
def flip(g: Builder, result: Meta, x: Value, dims: Sequence[int]) -> Value:
    """Axes backwards."""
    over = places(dims, x.rank)
    if not over or not x.held or not dims:
        return x
    ends, steps = g.axes([-1] * len(over)), g.axes([-1] * len(over))
    return g.add(
        "Slice", g.fill(x), ends, g.axes([-END] * len(over)), g.axes(over), steps, dtype=x.dtype, shape=result.shape
    )


@lowers("repeat.default")
def repeat(g: Builder, result: Meta, x: Value, counts: Sequence[Any]) -> Value:
    """Copies side by side."""
    if not x.held:
        return x.seen_as(result.shape)
    whole = g.pad_rank(g.fill(x).seen_as((*(sympy.S.One,) * (len(counts) - x.rank), *x.shape)))
    return g.add("Tile", whole, g.sizes(shape_of(counts)), dtype=x.dtype, shape=result.shape)


@lowers("constant_pad_nd.default")
def pad(g: Builder, result: Meta, x: Value, widths: Sequence[Any], number: Any = 0) -> Value:
    """A number around the entries; widths come from the last axis on, before and after, negative ones cut off."""
    axes = [x.rank - 1 - place for place in range(len(widths) // 2)]
    before, after = (list(shape_of(widths[side::2])) for side in (0, 1))
    for side, ends in ((0, before), (1, after)):
        for place, (axis, width) in enumerate(zip(axes, ends, strict=True)):
            if width.is_negative:
                shape = tuple(size + width if at == axis else size for at, size in enumerate(x.shape))
                start, end = (0, width) if side else (-width, END)
                x = cut(g, x, axis, start, end, 1, shape)
                ends[place] = sympy.S.Zero
    if all(width == 0 for width in (*before, *after)):
        return x
    filler = g.number(number, x.dtype)
    sizes = g.sizes([*before, *after])
    return g.add("Pad", g.fill(x), sizes, filler, g.axes(axes), dtype=x.dtype, shape=result.shape, mode="constant")


def _triangle(name: str, upper: int) -> None:
    @lowers(name)
    def lower(g: Builder, result: Meta, x: Value, diagonal: Any = 0) -> Value:
        rows, columns = (g.add("Range", *_to(g, size), dtype=torch.int64, shape=(size,)) for size in result.shape[-2:])
        column = g.add("Unsqueeze", rows, g.axes([1]), dtype=torch.int64, shape=(result.shape[-2], sympy.S.One))
        shape = result.shape[-2:]
        edge = g.each("Add", column, g.number(diagonal, torch.int64), dtype=torch.int64, shape=shape)
        order = "GreaterOrEqual" if upper else "LessOrEqual"
        inside = g.each(order, columns, edge, dtype=torch.bool, shape=shape)
        return arithmetic_where(g, result, inside, x, 0)


def _to(g: Builder, size: Any) -> list[Value]:
    return [g.number(one, torch.int64) for one in (0, size, 1)]


_triangle("tril.default", 0)
_triangle("triu.default", 1)
