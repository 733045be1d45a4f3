"""Operators that take axes away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy
import torch

from losskit.export.lowering.builder import Builder
from losskit.export.lowering.elementwise import arithmetic, product
from losskit.export.lowering.errors import NoLoweringError
from losskit.export.lowering.table import Meta, lowers
from losskit.export.lowering.values import Size, Value


def places(dims: Any, rank: int) -> list[int]:
    """Axes counted from the front, in order; all of them where none are named."""
    if dims is None or (not isinstance(dims, int) and not dims):
        return list(range(rank))
    return sorted(dim % rank for dim in ([dims] if isinstance(dims, int) else dims)) if rank else []


def reduce(g: Builder, operator: str, x: Value, dims: Sequence[int], result: Meta, keep: bool) -> Value:
    """A reduction over axes; an operator of the standard that takes them as an input."""
    if not dims:
        return x
    axes = g.axes(dims)
    whole = g.fill(x)
    return g.add(operator, whole, axes, dtype=x.dtype, shape=result.shape, keepdims=int(keep))


def number_of(shape: Sequence[Size], dims: Sequence[int]) -> Size:
    """How many entries an axis-wise reduction takes together."""
    return sympy.Mul(*(shape[dim] for dim in dims))


@lowers("sum.dim_IntList")
def total(g: Builder, result: Meta, x: Value, dims: Any = None, keep: bool = False, **_options: Any) -> Value:
    """A sum; of a number that repeats it is a product, which no runtime has to add up."""
    over = places(dims, x.rank)
    x = g.cast(x, result.dtype)
    if x.splat is not None:
        count = g.size_scalar(number_of(x.shape, over), result.dtype)
        return product(g, Meta(result.dtype, result.shape), x.seen_as(()), count)
    return reduce(g, "ReduceSum", x, over, result, keep)


@lowers("sum.default")
def total_of_all(g: Builder, result: Meta, x: Value, **_options: Any) -> Value:
    """The sum of all entries."""
    return total(g, result, x)


@lowers("mean.dim")
def mean(g: Builder, result: Meta, x: Value, dims: Any = None, keep: bool = False, **_options: Any) -> Value:
    """A mean; a sum over a count where the axes may be empty, as runtimes give 0 there in place of NaN."""
    over = places(dims, x.rank)
    count = number_of(x.shape, over)
    if count.is_Integer and count > 0:
        return reduce(g, "ReduceMean", g.cast(x, result.dtype), over, result, keep)
    return arithmetic(g, result, "Div", total(g, result, x, over, keep), g.size_scalar(count, result.dtype))


@lowers("mean.default")
def mean_of_all(g: Builder, result: Meta, x: Value, **_options: Any) -> Value:
    """The mean of all entries."""
    return mean(g, result, x)


def extremum(g: Builder, result: Meta, operator: str, x: Value, dims: Any, keep: bool) -> Value:
    """The largest or the smallest entry; NaN if there is one, which runtimes pass over."""
    over = places(dims, x.rank)
    if x.splat is not None:
        return x.seen_as(result.shape)
    if x.dtype == torch.bool:
        whole = g.cast(x, torch.int32)
        return g.cast(reduce(g, operator, whole, over, Meta(torch.int32, result.shape), keep), torch.bool)
    return spread_nan(g, reduce(g, operator, x, over, result, keep), x, over, result, keep)


def spread_nan(g: Builder, found: Value, x: Value, over: Sequence[int], result: Meta, keep: bool) -> Value:
    """What was found, NaN where an entry was. A sum of absolute values is NaN for that reason and for no other."""
    if not x.dtype.is_floating_point or not over:
        return found
    sizes = reduce(g, "ReduceL1", x, over, result, keep)
    missing = g.each("IsNaN", sizes, dtype=torch.bool, shape=sizes.shape)
    return g.each("Where", missing, g.number(float("nan"), x.dtype), found, dtype=x.dtype, shape=found.shape)


@lowers("amax.default")
def amax(g: Builder, result: Meta, x: Value, dims: Any = None, keep: bool = False) -> Value:
    """The largest entry."""
    return extremum(g, result, "ReduceMax", x, dims, keep)


@lowers("amin.default")
def amin(g: Builder, result: Meta, x: Value, dims: Any = None, keep: bool = False) -> Value:
    """The smallest entry."""
    return extremum(g, result, "ReduceMin", x, dims, keep)


@lowers("max.default")
def largest(g: Builder, result: Meta, x: Value) -> Value:
    """The largest of all entries."""
    return amax(g, result, x)


@lowers("min.default")
def smallest(g: Builder, result: Meta, x: Value) -> Value:
    """The smallest of all entries."""
    return amin(g, result, x)


def _place(operator: str) -> Callable[..., Value]:
    def lower(g: Builder, result: Meta, x: Value, dim: int | None = None, keep: bool = False) -> Value:
        whole = g.fill(g.cast(x, torch.int32) if x.dtype == torch.bool else x)
        if dim is None or not x.rank:
            whole = g.add("Reshape", whole, g.axes([-1]), dtype=whole.dtype, shape=(sympy.Mul(*x.shape),))
            found = g.add(operator, whole, dtype=torch.int64, shape=(), axis=0, keepdims=0)
            return g.fill(found.seen_as(result.shape)) if result.shape else found
        return g.add(operator, whole, dtype=torch.int64, shape=result.shape, axis=dim % x.rank, keepdims=int(keep))

    return lower


for _name, _operator in (("argmax", "ArgMax"), ("argmin", "ArgMin")):
    lowers(f"{_name}.default")(_place(_operator))


def _extremum_with_place(operator: str, place: str) -> Callable[..., tuple[Value, Value]]:
    def lower(g: Builder, result: tuple[Meta, Meta], x: Value, dim: int, keep: bool = False) -> tuple[Value, Value]:
        value = extremum(g, result[0], operator, x, dim, keep)
        return value, _place(place)(g, result[1], x, dim, keep)

    return lower


lowers("max.dim")(_extremum_with_place("ReduceMax", "ArgMax"))
lowers("min.dim")(_extremum_with_place("ReduceMin", "ArgMin"))


def _quantifier(name: str, operator: str) -> None:
    @lowers(f"{name}.default", f"{name}.dim", f"{name}.dims")
    def lower(g: Builder, result: Meta, x: Value, dims: Any = None, keep: bool = False) -> Value:
        marks = g.cast(g.cast(x, torch.bool), torch.int32)
        found = reduce(g, operator, marks, places(dims, x.rank), Meta(torch.int32, result.shape), keep)
        # of no marks at all the least is the largest of all numbers, the most the smallest
        bound = g.number(0, torch.int32)
        return g.each("Greater", found, bound, dtype=torch.bool, shape=result.shape)


_quantifier("any", "ReduceMax")
_quantifier("all", "ReduceMin")


@lowers("prod.dim_int")
def product_over(g: Builder, result: Meta, x: Value, dim: Any, keep: bool = False, **_options: Any) -> Value:
    """A product over an axis."""
    return reduce(g, "ReduceProd", g.cast(x, result.dtype), places(dim, x.rank), result, keep)


@lowers("prod.default")
def product_of_all(g: Builder, result: Meta, x: Value, **_options: Any) -> Value:
    """The product of all entries."""
    return product_over(g, result, x, None)


@lowers("var.correction")
def variance(
    g: Builder, result: Meta, x: Value, dims: Any = None, correction: Any = None, keepdim: bool = False
) -> Value:
    """The mean squared distance from the mean, with a corrected count."""
    over = places(dims, x.rank)
    kept = Meta(result.dtype, tuple(sympy.S.One if place in over else size for place, size in enumerate(x.shape)))
    whole = Meta(result.dtype, x.shape)
    off = arithmetic(g, whole, "Sub", x, mean(g, kept, x, over, True))
    squares = total(g, result, arithmetic(g, whole, "Mul", off, off), over, keepdim)
    less = 1 if correction is None else correction
    count = arithmetic(g, Meta(result.dtype, ()), "Sub", g.size_scalar(number_of(x.shape, over), result.dtype), less)
    return arithmetic(g, result, "Div", squares, arithmetic(g, Meta(result.dtype, ()), "Max", count, 0))


@lowers("linalg_vector_norm.default")
def norm(
    g: Builder, result: Meta, x: Value, order: float = 2, dims: Any = None, keep: bool = False, **_options: Any
) -> Value:
    """The length of a vector; of orders 1, 2 and infinity, which losses use."""
    whole = Meta(result.dtype, x.shape)
    sizes = arithmetic(g, whole, "Abs", x)
    if order == 1:
        return total(g, result, sizes, dims, keep)
    if order == 2:
        squares = product(g, whole, x, x)
        return arithmetic(g, result, "Sqrt", total(g, result, squares, dims, keep))
    if order == float("inf"):
        return amax(g, result, sizes, dims, keep)
    raise NoLoweringError(f"linalg_vector_norm of order {order} has no lowering, expected 1, 2 or infinity")


@lowers("_log_softmax.default")
def log_softmax(g: Builder, result: Meta, x: Value, dim: int, _half_to_float: bool = False) -> Value:
    """Logarithms of probabilities."""
    return _softmax(g, result, "LogSoftmax", x, dim)


@lowers("_softmax.default")
def softmax(g: Builder, result: Meta, x: Value, dim: int, _half_to_float: bool = False) -> Value:
    """Probabilities."""
    return _softmax(g, result, "Softmax", x, dim)


def _softmax(g: Builder, result: Meta, operator: str, x: Value, dim: int) -> Value:
    if not x.rank:
        return g.number(0 if operator == "LogSoftmax" else 1, result.dtype)
    whole = g.fill(g.cast(x, result.dtype))
    return g.add(operator, whole, dtype=result.dtype, shape=result.shape, axis=dim % x.rank)


@lowers("cumsum.default")
def cumulated(g: Builder, result: Meta, x: Value, dim: int, **_options: Any) -> Value:
    """Running sums."""
    x = g.cast(x, result.dtype)
    if not x.rank:
        return x
    return g.add("CumSum", g.fill(x), g.number(dim % x.rank, torch.int64), dtype=result.dtype, shape=result.shape)
