"""Arithmetic on entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from losskit.export.lowering.builder import Builder
from losskit.export.lowering.table import Meta, lowers
from losskit.export.lowering.values import Value

_UNARY = {
    "abs": "Abs", "acos": "Acos", "acosh": "Acosh", "asin": "Asin", "asinh": "Asinh", "atan": "Atan", "atanh": "Atanh",
    "ceil": "Ceil", "cos": "Cos", "cosh": "Cosh", "erf": "Erf", "exp": "Exp", "floor": "Floor", "log": "Log",
    "neg": "Neg", "reciprocal": "Reciprocal", "relu": "Relu", "round": "Round", "sign": "Sign",
    "sin": "Sin", "sinh": "Sinh", "sqrt": "Sqrt", "tan": "Tan", "tanh": "Tanh",
}  # fmt: skip
_WHOLE = ("ceil", "floor", "round")  # nothing to do on whole numbers


def operand(g: Builder, given: Any, dtype: torch.dtype) -> Value:
    """A tensor, a Python number or a size as a value of a dtype."""
    return g.cast(given, dtype) if isinstance(given, Value) else g.number(given, dtype)


def _unary(name: str, operator: str) -> Callable[[Builder, Meta, Value], Value]:
    def lower(g: Builder, result: Meta, x: Value) -> Value:
        x = g.cast(x, result.dtype)
        if name in _WHOLE and not result.dtype.is_floating_point:
            return x
        return g.each(operator, x, dtype=result.dtype, shape=result.shape)

    return lower


for _name, _operator in _UNARY.items():
    lowers(f"{_name}.default")(_unary(_name, _operator))


def arithmetic(g: Builder, result: Meta, operator: str, *operands: Any) -> Value:
    """An operator whose operands have the dtype of its result."""
    values = [operand(g, one, result.dtype) for one in operands]
    return g.each(operator, *values, dtype=result.dtype, shape=result.shape)


def product(g: Builder, result: Meta, x: Any, y: Any) -> Value:
    """A product; on booleans a conjunction."""
    return arithmetic(g, result, "And" if result.dtype == torch.bool else "Mul", x, y)


@lowers("add.Tensor", "add.Scalar")
def add(g: Builder, result: Meta, x: Any, y: Any, alpha: Any = 1) -> Value:
    """``x + alpha y``; on booleans the sum is a disjunction."""
    if result.dtype == torch.bool:
        return arithmetic(g, result, "Or", x, y)
    return arithmetic(g, result, "Add", x, _scaled(g, result, y, alpha))


@lowers("sub.Tensor", "sub.Scalar")
def sub(g: Builder, result: Meta, x: Any, y: Any, alpha: Any = 1) -> Value:
    """``x - alpha y``."""
    return arithmetic(g, result, "Sub", x, _scaled(g, result, y, alpha))


@lowers("rsub.Scalar", "rsub.Tensor")
def rsub(g: Builder, result: Meta, x: Any, y: Any, alpha: Any = 1) -> Value:
    """``y - alpha x``."""
    return arithmetic(g, result, "Sub", y, _scaled(g, result, x, alpha))


def _scaled(g: Builder, result: Meta, y: Any, alpha: Any) -> Any:
    if isinstance(alpha, int | float) and alpha == 1:
        return y
    shape = y.shape if isinstance(y, Value) else ()
    return product(g, Meta(result.dtype, shape), y, alpha)


@lowers("mul.Tensor", "mul.Scalar")
def mul(g: Builder, result: Meta, x: Any, y: Any) -> Value:
    """``x y``."""
    return product(g, result, x, y)


@lowers("div.Tensor", "div.Scalar")
def div(g: Builder, result: Meta, x: Any, y: Any) -> Value:
    """``x / y``."""
    return arithmetic(g, result, "Div", x, y)


@lowers("div.Tensor_mode", "div.Scalar_mode")
def div_rounded(g: Builder, result: Meta, x: Any, y: Any, rounding_mode: str | None = None) -> Value:
    """``x / y`` rounded down or towards zero."""
    if rounding_mode is None:
        return div(g, result, x, y)
    if not result.dtype.is_floating_point:
        return _whole_quotient(g, result, x, y, rounding_mode)
    quotient = arithmetic(g, result, "Div", x, y)
    return _floor(g, result, quotient) if rounding_mode == "floor" else trunc(g, result, quotient)


@lowers("floor_divide.default")
def floor_divide(g: Builder, result: Meta, x: Any, y: Any) -> Value:
    """``x // y``."""
    return div_rounded(g, result, x, y, "floor")


def _whole_quotient(g: Builder, result: Meta, x: Any, y: Any, mode: str) -> Value:
    # runtimes cut a whole quotient towards zero, some of them towards minus infinity: where nothing is left over, both agree
    rest = arithmetic(g, result, "Mod", x, y) if mode == "floor" else _whole_rest(g, result, x, y)
    return arithmetic(g, result, "Div", arithmetic(g, result, "Sub", x, rest), y)


def _whole_rest(g: Builder, result: Meta, x: Any, y: Any) -> Value:
    values = [operand(g, one, result.dtype) for one in (x, y)]
    return g.each("Mod", *values, dtype=result.dtype, shape=result.shape, fmod=1)


@lowers("trunc.default")
def trunc(g: Builder, result: Meta, x: Value) -> Value:
    """Without what follows the point."""
    if not result.dtype.is_floating_point:
        return g.cast(x, result.dtype)
    size = _floor(g, result, arithmetic(g, result, "Abs", x))
    return arithmetic(g, result, "Mul", arithmetic(g, result, "Sign", x), size)


def _floor(g: Builder, result: Meta, x: Value) -> Value:
    return g.each("Floor", x, dtype=result.dtype, shape=result.shape)


@lowers("remainder.Tensor", "remainder.Scalar")
def remainder(g: Builder, result: Meta, x: Any, y: Any) -> Value:
    """What is left of ``x``, with the sign of ``y``."""
    if not result.dtype.is_floating_point:
        return arithmetic(g, result, "Mod", x, y)
    down = _floor(g, result, arithmetic(g, result, "Div", x, y))
    return arithmetic(g, result, "Sub", x, arithmetic(g, result, "Mul", down, y))


@lowers("fmod.Tensor", "fmod.Scalar")
def fmod(g: Builder, result: Meta, x: Any, y: Any) -> Value:
    """What is left of ``x``, with its sign."""
    return _whole_rest(g, result, x, y)


@lowers("maximum.default")
def maximum(g: Builder, result: Meta, x: Value, y: Value) -> Value:
    """The larger of two."""
    return arithmetic(g, result, "Or" if result.dtype == torch.bool else "Max", x, y)


@lowers("minimum.default")
def minimum(g: Builder, result: Meta, x: Value, y: Value) -> Value:
    """The smaller of two."""
    return arithmetic(g, result, "And" if result.dtype == torch.bool else "Min", x, y)


@lowers("clamp.default", "clamp.Tensor", "hardtanh.default")
def clamp(g: Builder, result: Meta, x: Value, low: Any = None, high: Any = None) -> Value:
    """Not below ``low``, then not above ``high``, NaN as it is."""
    for operator, bound in (("Max", low), ("Min", high)):
        if bound is not None:
            x = arithmetic(g, result, operator, x, bound)
    return g.cast(x, result.dtype)


@lowers("clamp_min.default", "clamp_min.Tensor")
def clamp_min(g: Builder, result: Meta, x: Value, low: Any) -> Value:
    """Not below ``low``."""
    return clamp(g, result, x, low)


@lowers("clamp_max.default", "clamp_max.Tensor")
def clamp_max(g: Builder, result: Meta, x: Value, high: Any) -> Value:
    """Not above ``high``."""
    return clamp(g, result, x, None, high)


@lowers("rsqrt.default")
def rsqrt(g: Builder, result: Meta, x: Value) -> Value:
    """One over the root."""
    return arithmetic(g, result, "Reciprocal", arithmetic(g, result, "Sqrt", x))


@lowers("pow.Tensor_Scalar", "pow.Tensor_Tensor", "pow.Scalar")
def power(g: Builder, result: Meta, x: Any, exponent: Any) -> Value:
    """``x`` to a power; squares and cubes are products, as in the framework: exact where a power function is not."""
    whole = isinstance(exponent, int | float)
    if whole and exponent == 1:
        return operand(g, x, result.dtype)
    if whole and exponent == 2:
        return product(g, result, x, x)
    if whole and exponent == 3:
        return product(g, result, product(g, result, x, x), x)
    if whole and exponent == 0.5:
        return arithmetic(g, result, "Sqrt", x)
    if whole and exponent == -1:
        return arithmetic(g, result, "Reciprocal", x)
    return arithmetic(g, result, "Pow", x, exponent)


@lowers("addcmul.default")
def addcmul(g: Builder, result: Meta, x: Value, y: Value, z: Value, value: Any = 1) -> Value:
    """``x + value y z``."""
    return add(g, result, x, arithmetic(g, result, "Mul", y, z), value)


def arithmetic_where(g: Builder, result: Meta, condition: Value, x: Any, y: Any) -> Value:
    """One or the other, by a condition; on booleans with operators of logic, as runtimes have no other kernel."""
    a, b = operand(g, x, result.dtype), operand(g, y, result.dtype)
    if condition.splat is not None:
        return (a if condition.splat else b).seen_as(result.shape)
    if a.key == b.key:
        return a.seen_as(result.shape)
    if result.dtype != torch.bool:
        return g.each("Where", condition, a, b, dtype=result.dtype, shape=result.shape)

    def logic(operator: str, *values: Value) -> Value:
        return g.each(operator, *values, dtype=torch.bool, shape=result.shape)

    return logic("Or", logic("And", condition, a), logic("And", logic("Not", condition), b))


@lowers("where.self", "where.ScalarSelf", "where.ScalarOther", "where.Scalar")
def where(g: Builder, result: Meta, condition: Value, x: Any, y: Any) -> Value:
    """``x`` where the condition holds, else ``y``."""
    return arithmetic_where(g, result, g.cast(condition, torch.bool), x, y)
