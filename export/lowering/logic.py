"""Comparisons and logic on entries, and changes of dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from losskit.export.lowering.builder import Builder
from losskit.export.lowering.elementwise import operand
from losskit.export.lowering.table import Meta, lowers
from losskit.export.lowering.values import Value

_COMPARISONS = {"eq": "Equal", "lt": "Less", "le": "LessOrEqual", "gt": "Greater", "ge": "GreaterOrEqual"}
_CONNECTIVES = {"and": "And", "or": "Or", "xor": "Xor"}
_BITWISE = {"and": "BitwiseAnd", "or": "BitwiseOr", "xor": "BitwiseXor"}


def negation(g: Builder, x: Value) -> Value:
    """Not."""
    return g.each("Not", g.cast(x, torch.bool), dtype=torch.bool, shape=x.shape)


def common_dtype(x: Any, y: Any) -> torch.dtype:
    """The dtype in which the framework compares."""
    stand_ins = [
        torch.empty((1,) * one.rank, dtype=one.dtype) if isinstance(one, Value) else _plain(one) for one in (x, y)
    ]
    return torch.result_type(*stand_ins)


def _plain(number: Any) -> Any:
    return 0 if isinstance(number, torch.SymInt) else 0.0 if isinstance(number, torch.SymFloat) else number


def compare(g: Builder, result: Meta, operator: str, x: Any, y: Any) -> Value:
    """A comparison in the common dtype; the order of booleans is that of 0 and 1."""
    dtype = common_dtype(x, y)
    if dtype == torch.bool and operator != "Equal":
        dtype = torch.int64
    values = [operand(g, one, dtype) for one in (x, y)]
    return g.each(operator, *values, dtype=torch.bool, shape=result.shape)


def _comparison(operator: str) -> Callable[[Builder, Meta, Value, Any], Value]:
    return lambda g, result, x, y: compare(g, result, operator, x, y)


for _name, _operator in _COMPARISONS.items():
    lowers(f"{_name}.Tensor", f"{_name}.Scalar")(_comparison(_operator))


@lowers("ne.Tensor", "ne.Scalar")
def different(g: Builder, result: Meta, x: Value, y: Any) -> Value:
    """Not equal, so that NaN differs from everything."""
    return negation(g, compare(g, result, "Equal", x, y))


def _logical(operator: str) -> Callable[[Builder, Meta, Value, Value], Value]:
    def lower(g: Builder, result: Meta, x: Value, y: Value) -> Value:
        values = [g.cast(one, torch.bool) for one in (x, y)]
        return g.each(operator, *values, dtype=torch.bool, shape=result.shape)

    return lower


def _bitwise(name: str) -> Callable[[Builder, Meta, Any, Any], Value]:
    def lower(g: Builder, result: Meta, x: Any, y: Any) -> Value:
        operator = (_CONNECTIVES if result.dtype == torch.bool else _BITWISE)[name]
        values = [operand(g, one, result.dtype) for one in (x, y)]
        return g.each(operator, *values, dtype=result.dtype, shape=result.shape)

    return lower


for _name, _operator in _CONNECTIVES.items():
    lowers(f"logical_{_name}.default")(_logical(_operator))
    lowers(f"bitwise_{_name}.Tensor", f"bitwise_{_name}.Scalar")(_bitwise(_name))


@lowers("logical_not.default")
def logical_not(g: Builder, _result: Meta, x: Value) -> Value:
    """Whether an entry is zero; NaN is not."""
    return negation(g, x)


@lowers("bitwise_not.default")
def bitwise_not(g: Builder, result: Meta, x: Value) -> Value:
    """Each bit turned."""
    if result.dtype == torch.bool:
        return negation(g, x)
    return g.each("BitwiseNot", x, dtype=result.dtype, shape=result.shape)


@lowers("isnan.default")
def isnan(g: Builder, result: Meta, x: Value) -> Value:
    """Whether an entry is no number."""
    return g.each("IsNaN", x, dtype=torch.bool, shape=result.shape)


@lowers("isinf.default")
def isinf(g: Builder, result: Meta, x: Value) -> Value:
    """Whether an entry is infinite of either sign; by comparison, as the operator takes no half precision."""
    size = g.each("Abs", x, dtype=x.dtype, shape=result.shape)
    return g.each("Equal", size, g.number(float("inf"), x.dtype), dtype=torch.bool, shape=result.shape)


@lowers("_to_copy.default", "clone.default", "alias.default", "detach.default", "lift_fresh_copy.default")
def same(g: Builder, result: Meta, x: Value, *_unused: Any, **_options: Any) -> Value:
    """The same entries, perhaps in another dtype."""
    return g.cast(x, result.dtype)


@lowers("copy.default")
def copy(g: Builder, result: Meta, _into: Value, source: Any, _non_blocking: bool = False) -> Value:
    """The entries of another tensor."""
    return operand(g, source, result.dtype).seen_as(result.shape)
