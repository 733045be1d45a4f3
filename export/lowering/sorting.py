"""Operators that order the entries of an axis."""

from __future__ import annotations

from typing import Any

import torch

from losskit.export.lowering.builder import Builder
from losskit.export.lowering.reductions import spread_nan
from losskit.export.lowering.table import Meta, lowers
from losskit.export.lowering.values import Value, size_of

Pair = tuple[Value, Value]
Metas = tuple[Meta, Meta]


def top(g: Builder, result: Metas, x: Value, dim: int, largest: bool) -> Pair:
    """The first entries in order, ties by place, and where they were.

    Runtimes leave an axis with NaN in no order at all: there every value is NaN, in place of a plausible number.
    """
    if not x.rank:
        return x, g.number(0, torch.int64)
    place = dim % x.rank
    whole = g.fill(g.cast(x, torch.int32) if x.dtype == torch.bool else x)
    count = g.sizes([result[0].shape[place]])
    attributes = {"axis": place, "largest": int(largest), "sorted": 1}
    results = ((whole.dtype, result[0].shape), (torch.int64, result[1].shape))
    values, places = g.add_many("TopK", whole, count, results=results, **attributes)
    kept = Meta(x.dtype, tuple(size_of(1) if axis == place else size for axis, size in enumerate(x.shape)))
    values = spread_nan(g, g.cast(values, x.dtype), x, [place], kept, True)
    return values.seen_as(result[0].shape), places


@lowers("sort.default")
def sort(g: Builder, result: Metas, x: Value, dim: int = -1, descending: bool = False) -> Pair:
    """All entries in order."""
    return top(g, result, x, dim, descending)


@lowers("sort.stable")
def sort_stable(g: Builder, result: Metas, x: Value, dim: int = -1, descending: bool = False, **_stable: Any) -> Pair:
    """All entries in order, ties by place."""
    return top(g, result, x, dim, descending)


@lowers("topk.default")
def topk(
    g: Builder, result: Metas, x: Value, _count: Any, dim: int = -1, largest: bool = True, _ordered: bool = True
) -> Pair:
    """The first entries in order."""
    return top(g, result, x, dim, largest)
