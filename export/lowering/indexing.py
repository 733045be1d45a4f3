"""Operators that pick entries by index, and that put them there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
import torch

from losskit.export.lowering.builder import Builder
from losskit.export.lowering.errors import NoLoweringError
from losskit.export.lowering.shapes import cut, reshape
from losskit.export.lowering.table import Meta, lowers
from losskit.export.lowering.values import Value

_REDUCTIONS = {"sum": "add", "prod": "mul", "amax": "max", "amin": "min"}


@lowers("gather.default")
def gather(g: Builder, result: Meta, x: Value, dim: int, index: Value, **_options: Any) -> Value:
    """Entry by entry along an axis."""
    if not x.held:
        return x.seen_as(result.shape)
    if not x.rank:
        return x
    whole, places = g.fill(x), g.fill(index)
    return g.add("GatherElements", whole, places, dtype=x.dtype, shape=result.shape, axis=dim % x.rank)


@lowers("index_select.default")
def index_select(g: Builder, result: Meta, x: Value, dim: int, index: Value) -> Value:
    """Whole slices along an axis."""
    return g.add("Gather", g.fill(x), g.fill(index), dtype=x.dtype, shape=result.shape, axis=dim % x.rank)


@lowers("embedding.default")
def embedding(g: Builder, result: Meta, table: Value, index: Value, *_options: Any) -> Value:
    """Rows of a table."""
    return g.add("Gather", g.fill(table), g.fill(index), dtype=table.dtype, shape=result.shape, axis=0)


def _scatter(g: Builder, result: Meta, x: Value, dim: int, index: Value, source: Value, **attributes: Any) -> Value:
    if not x.rank:
        raise NoLoweringError("a scatter into a scalar has no lowering, expected at least one axis")
    entries = g.cast(source, result.dtype)
    if source.shape != index.shape:  # only as much of the source is taken as there are indices
        for place, (has, wants) in enumerate(zip(source.shape, index.shape, strict=True)):
            if has != wants:
                shape = (*index.shape[: place + 1], *source.shape[place + 1 :])
                entries = cut(g, entries, place, 0, wants, 1, shape)
    tensors = (g.fill(g.cast(x, result.dtype)), g.fill(index), g.fill(entries))
    return g.add("ScatterElements", *tensors, dtype=result.dtype, shape=result.shape, axis=dim % x.rank, **attributes)


@lowers("scatter.src", "scatter.value")
def scatter(g: Builder, result: Meta, x: Value, dim: int, index: Value, source: Any) -> Value:
    """Entries put at their places along an axis."""
    return _scatter(g, result, x, dim, index, _entries(g, result, source, index))


@lowers("scatter_add.default")
def scatter_add(g: Builder, result: Meta, x: Value, dim: int, index: Value, source: Value) -> Value:
    """Entries added at their places along an axis."""
    if index.shape and index.shape[dim % x.rank] == 1 and x.splat == 0:
        return _scatter(g, result, x, dim, index, source)  # no two entries meet, and there is nothing to add to
    return _scatter(g, result, x, dim, index, source, reduction="add")


@lowers("scatter_reduce.two")
def scatter_reduce(
    g: Builder, result: Meta, x: Value, dim: int, index: Value, source: Value, reduce: str, include_self: bool = True
) -> Value:
    """Entries taken together with what was there."""
    if reduce not in _REDUCTIONS or not include_self:
        raise NoLoweringError(f"scatter_reduce of {reduce!r}, include_self={include_self}, has no lowering")
    return _scatter(g, result, x, dim, index, source, reduction=_REDUCTIONS[reduce])


def _entries(g: Builder, result: Meta, source: Any, index: Value) -> Value:
    return source if isinstance(source, Value) else g.number(source, result.dtype).seen_as(index.shape)


def _places(g: Builder, x: Value, indices: Sequence[Value | None]) -> tuple[Value, int, tuple[Any, ...]]:
    """Indices of leading axes as one tensor with a last axis, their number and their common shape."""
    given = [index for index in indices if index is not None]
    count = len(given)
    if any(index is None for index in indices[:count]) or any(index.dtype == torch.bool for index in given):
        raise NoLoweringError("index with gaps or with a mask has no lowering, expected whole numbers for leading axes")
    shape = _joint(given)
    columns = []
    for place, index in enumerate(given):
        column = g.fill(_from_the_front(g, g.cast(index, torch.int64), x.shape[place]).seen_as(shape))
        last = g.axes([len(shape)])
        columns.append(g.add("Unsqueeze", column, last, dtype=torch.int64, shape=(*shape, sympy.S.One)))
    if count == 1:
        return columns[0], count, shape
    joined = g.add("Concat", *columns, dtype=torch.int64, shape=(*shape, sympy.Integer(count)), axis=len(shape))
    return joined, count, shape


def _from_the_front(g: Builder, index: Value, size: Any) -> Value:
    """Indices that count from the end, counted from the front: not every runtime takes the others."""
    negative = g.each("Less", index, g.number(0, torch.int64), dtype=torch.bool, shape=index.shape)
    moved = g.each("Add", index, g.number(size, torch.int64), dtype=torch.int64, shape=index.shape)
    return g.each("Where", negative, moved, index, dtype=torch.int64, shape=index.shape)


def _joint(values: Sequence[Value]) -> tuple[Any, ...]:
    rank = max(value.rank for value in values)
    sizes = []
    for place in range(rank, 0, -1):
        seen = [value.shape[-place] for value in values if value.rank >= place]
        sizes.append(next((size for size in seen if size != 1), sympy.S.One))
    return tuple(sizes)


@lowers("index.Tensor", "_unsafe_index.Tensor")
def index(g: Builder, result: Meta, x: Value, indices: Sequence[Value | None]) -> Value:
    """Entries at places given axis by axis."""
    given = [(place, one) for place, one in enumerate(indices) if one is not None]
    if len(given) == 1 and given[0][1].dtype != torch.bool:
        place, one = given[0]
        return g.add("Gather", g.fill(x), g.fill(one), dtype=x.dtype, shape=result.shape, axis=place)
    if len(given) == 1:
        return _masked(g, result, x, given[0][0], given[0][1])
    at = _places(g, x, indices)[0]
    return g.add("GatherND", g.fill(x), at, dtype=x.dtype, shape=result.shape)


def _masked(g: Builder, result: Meta, x: Value, place: int, mask: Value) -> Value:
    """Entries where a mask over leading axes holds."""
    if place:
        raise NoLoweringError("index with a mask of later axes has no lowering, expected one of the leading axes")
    at = nonzero(g, Meta(torch.int64, (result.shape[0], sympy.Integer(mask.rank))), mask)
    return g.add("GatherND", g.fill(x), at, dtype=x.dtype, shape=result.shape)


@lowers("nonzero.default")
def nonzero(g: Builder, result: Meta, x: Value) -> Value:
    """Places of what is not zero, one a row; their number is a size that depends on data."""
    turned = (sympy.Integer(x.rank), result.shape[0])
    found = g.add("NonZero", g.fill(g.cast(x, torch.bool)), dtype=torch.int64, shape=turned)
    rows = g.add("Transpose", found, dtype=torch.int64, shape=(turned[1], turned[0]), perm=[1, 0])
    g.bind(result.shape[0], _length(g, rows))
    return rows


def _length(g: Builder, rows: Value) -> Value:
    return g.add("Shape", rows, dtype=torch.int64, shape=(sympy.S.One,), start=0, end=1)


@lowers("index_put.default", "_unsafe_index_put.default", "_index_put_impl.default")
def index_put(
    g: Builder,
    result: Meta,
    x: Value,
    indices: Sequence[Value | None],
    source: Value,
    accumulate: bool = False,
    *_: Any,
) -> Value:
    """Entries put at places given axis by axis, or added there."""
    at, count, shape = _places(g, x, indices)
    entries = g.cast(source, result.dtype).seen_as((*shape, *x.shape[count:]))
    if accumulate:
        return _added(g, result, x, at, entries)
    return g.add("ScatterND", g.fill(x), at, g.fill(entries), dtype=result.dtype, shape=result.shape)


def _added(g: Builder, result: Meta, x: Value, at: Value, entries: Value) -> Value:
    """Entries added at places of leading axes, these axes taken as one.

    ``ScatterND`` would do without: ONNX Runtime adds its entries from several threads at once and so loses some that meet.
    """
    count = int(at.shape[-1])
    lead, rest, number = sympy.Mul(*x.shape[:count]), x.shape[count:], sympy.Mul(*at.shape[:-1])
    rows = at
    if count > 1:
        steps = [sympy.Mul(*x.shape[place + 1 : count]) for place in range(count)]
        sized = g.each("Mul", at, g.sizes(steps), dtype=torch.int64, shape=at.shape)
        rows = g.add("ReduceSum", sized, g.axes([-1]), dtype=torch.int64, shape=at.shape[:-1], keepdims=0)
    rows = reshape(g, Meta(torch.int64, (number, *(sympy.S.One for _ in rest))), rows, None)
    whole = reshape(g, Meta(x.dtype, (lead, *rest)), x, None)
    parts = reshape(g, Meta(entries.dtype, (number, *rest)), entries, None)
    added = _scatter(g, Meta(result.dtype, (lead, *rest)), whole, 0, rows.seen_as(parts.shape), parts, reduction="add")
    return reshape(g, result, added, None)


@lowers("slice_scatter.default")
def slice_scatter(
    g: Builder, result: Meta, x: Value, source: Value, dim: int = 0, start: Any = None, _end: Any = None, step: int = 1
) -> Value:
    """Part of an axis replaced."""
    if step != 1:
        raise NoLoweringError(f"slice_scatter with a step of {step} has no lowering, expected 1")
    place = dim % x.rank
    length = source.shape[place]
    first = _first(x.shape[place], start)
    pieces = [
        cut(g, x, place, 0, first, 1, _with(x.shape, place, first)),
        g.fill(g.cast(source, result.dtype)),
        cut(g, x, place, first + length, 2**63 - 1, 1, _with(x.shape, place, x.shape[place] - first - length)),
    ]
    kept = [piece for piece in pieces if piece.shape[place] != 0]
    if len(kept) == 1:
        return kept[0]
    return g.add("Concat", *kept, dtype=result.dtype, shape=result.shape, axis=place)


def _first(size: Any, start: Any) -> Any:
    if start is None:
        return sympy.S.Zero
    if isinstance(start, int):
        return sympy.Integer(start) if start >= 0 else size + start
    return start.node.expr


def _with(shape: Any, place: int, size: Any) -> tuple[Any, ...]:
    return (*shape[:place], size, *shape[place + 1 :])


@lowers("select_scatter.default")
def select_scatter(g: Builder, result: Meta, x: Value, source: Value, dim: int, index: Any) -> Value:
    """One entry of an axis replaced."""
    place = dim % x.rank
    row = g.fill(g.cast(source, result.dtype))
    slab = g.add("Unsqueeze", row, g.axes([place]), dtype=result.dtype, shape=_with(x.shape, place, sympy.S.One))
    return slice_scatter(g, result, x, slab, dim, index)


@lowers("diagonal.default", "diagonal_copy.default")
def diagonal(g: Builder, result: Meta, x: Value, offset: int = 0, first: int = 0, second: int = 1) -> Value:
    """Entries at equal places of two axes."""
    a, b = first % x.rank, second % x.rank
    if offset:
        raise NoLoweringError(f"a diagonal with an offset of {offset} has no lowering, expected 0")
    others = [place for place in range(x.rank) if place not in (a, b)]
    order = [a, b, *others]
    turned = g.fill(x)
    shape = tuple(x.shape[place] for place in order)
    turned = g.add("Transpose", turned, dtype=x.dtype, shape=shape, perm=order)
    length = result.shape[-1]
    bounds = [g.number(one, torch.int64) for one in (0, length, 1)]
    steps = g.add("Range", *bounds, dtype=torch.int64, shape=(length,))
    column = g.add("Unsqueeze", steps, g.axes([1]), dtype=torch.int64, shape=(length, sympy.S.One))
    pair = g.add("Concat", column, column, dtype=torch.int64, shape=(length, sympy.Integer(2)), axis=1)
    rows = g.add("GatherND", turned, pair, dtype=x.dtype, shape=(length, *shape[2:]))
    back = [*range(1, len(shape) - 1), 0]
    if back == [0]:
        return rows
    return g.add("Transpose", rows, dtype=x.dtype, shape=result.shape, perm=back)
