"""Arithmetic on entries."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from losskit.export.lowering.builder import Builder
from losskit.export.lowering.errors import NoLoweringError
from losskit.export.lowering.table import Meta, lowers
from losskit.export.lowering.values import Value

_UNARY = {
    "abs": "Abs", "acos": "Acos", "acosh": "Acosh", "asin": "Asin", "asinh": "Asinh", "atan": "Atan", "atanh": "Atanh",
    "ceil": "Ceil", "cos": "Cos", "cosh": "Cosh", "erf": "Erf", "exp": "Exp", "floor": "Floor", "log": "Log",
    "neg": "Neg", "reciprocal": "Reciprocal", "relu": "Relu", "round": "Round", "sign": "Sign",
    "sin": "Sin", "sinh": "Sinh", "sqrt": "Sqrt", "tan": "Tan", "tanh": "Tanh",
}  # fmt: skip
# a least-squares fit; plugins.ops.normal has it for the framework's exporter
_ERFC = (
    0.169256875, 0.1692568249, 0.1616453688, 0.1462710817, 0.1262026881,
    0.08801297486, 0.107559758, -0.03716794164, 0.1210461589, -0.05209560158,
)  # fmt: skip
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


@lowers("exp2.default")
def exp2(g: Builder, result: Meta, x: Value) -> Value:
    """Two to the power ``x``."""
    return arithmetic(g, result, "Pow", 2, x)


def _log_over(name: str, base: float) -> None:
    @lowers(name)
    def lower(g: Builder, result: Meta, x: Value) -> Value:
        return arithmetic(g, result, "Div", arithmetic(g, result, "Log", x), math.log(base))


_log_over("log2.default", 2)
_log_over("log10.default", 10)


@lowers("sigmoid.default")
def sigmoid(g: Builder, result: Meta, x: Value) -> Value:
    """``exp(min(x, 0)) / (1 + exp(-|x|))``: ONNX Runtime's own is off by 1e-7 wherever, and 0 below -18."""
    low = arithmetic(g, result, "Exp", x if g.never_positive(x) else arithmetic(g, result, "Min", x, 0))
    return arithmetic(g, result, "Div", low, arithmetic(g, result, "Add", _decay(g, result, x), 1))


@lowers("softplus.default")
def softplus(g: Builder, result: Meta, x: Value, beta: float = 1, threshold: float = 20) -> Value:
    """``max(x, 0) + log(1 + exp(-|x|))``: the operator of that name computes ``log(exp(x) + 1)`` far below 0.

    The last digits of ``1 + exp(-|x|)``, which lies between 1 and 2, go in beside the logarithm as they are.
    """
    scaled = arithmetic(g, result, "Mul", x, beta)
    decay = _decay(g, result, scaled)
    rounded = arithmetic(g, result, "Add", decay, 1)
    lost = arithmetic(g, result, "Sub", decay, arithmetic(g, result, "Sub", rounded, 1))
    found = arithmetic(g, result, "Add", arithmetic(g, result, "Log", rounded), lost)
    if not g.never_positive(scaled):
        found = arithmetic(g, result, "Add", arithmetic(g, result, "Max", scaled, 0), found)
    found = arithmetic(g, result, "Div", found, beta)
    if math.exp(-threshold) < torch.finfo(result.dtype).eps / 2:
        return found
    linear = g.each("Greater", scaled, g.number(threshold, result.dtype), dtype=torch.bool, shape=result.shape)
    return arithmetic_where(g, result, linear, x, found)


def _decay(g: Builder, result: Meta, x: Value) -> Value:
    return arithmetic(g, result, "Exp", arithmetic(g, result, "Neg", arithmetic(g, result, "Abs", x)))


@lowers("log1p.default")
def log1p(g: Builder, result: Meta, x: Value) -> Value:
    """``log(1 + x)`` with all digits near 0: ``log(u) + (x - (u - 1)) / u`` for ``u = 1 + x`` as it was rounded.

    Both ends stay finite: a sum of 0 divides a remainder of 0, and beyond the bound nothing is left to add.
    """
    finfo = torch.finfo(result.dtype)
    within = arithmetic(g, result, "Min", x, 2 / finfo.eps)
    rounded = arithmetic(g, result, "Add", within, 1)
    lost = arithmetic(g, result, "Sub", within, arithmetic(g, result, "Sub", rounded, 1))
    share = arithmetic(g, result, "Div", lost, arithmetic(g, result, "Max", rounded, finfo.tiny))
    return arithmetic(g, result, "Add", arithmetic(g, result, "Log", arithmetic(g, result, "Add", x, 1)), share)


@lowers("expm1.default")
def expm1(g: Builder, result: Meta, x: Value) -> Value:
    """``exp(x) - 1`` as ``tanh(x / 2) (exp(x) + 1)``, in which nothing cancels."""
    half = arithmetic(g, result, "Tanh", arithmetic(g, result, "Mul", x, 0.5))
    return arithmetic(g, result, "Mul", half, arithmetic(g, result, "Add", arithmetic(g, result, "Exp", x), 1))


@lowers("erfc.default")
def erfc(g: Builder, result: Meta, x: Value) -> Value:
    """``1 - erf(x)`` up to 1/2, beyond it ``exp(-x^2) t p(t)`` with ``t = 1 / (1 + 0.3 x)``, off by 2e-8 of itself."""
    if result.dtype == torch.float64:
        raise NoLoweringError("erfc in float64 has no lowering: its polynomial has the digits of float32")
    far = arithmetic(g, result, "Max", x, 0.5)
    t = arithmetic(g, result, "Reciprocal", arithmetic(g, result, "Add", arithmetic(g, result, "Mul", far, 0.3), 1))
    scaled = g.number(_ERFC[-1], result.dtype)
    for coefficient in reversed(_ERFC[:-1]):
        scaled = arithmetic(g, result, "Add", arithmetic(g, result, "Mul", scaled, t), coefficient)
    decay = arithmetic(g, result, "Exp", arithmetic(g, result, "Neg", arithmetic(g, result, "Mul", far, far)))
    beyond = arithmetic(g, result, "Mul", arithmetic(g, result, "Mul", decay, scaled), t)
    below = arithmetic(g, result, "Sub", 1, arithmetic(g, result, "Erf", x))
    small = g.each("Less", x, g.number(0.5, result.dtype), dtype=torch.bool, shape=result.shape)
    return arithmetic_where(g, result, small, below, beyond)


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


@lowers("gelu.default")
def gelu(g: Builder, result: Meta, x: Value, approximate: str = "none") -> Value:
    """``x`` times the normal distribution function."""
    if approximate != "none":
        raise NoLoweringError(f"gelu with approximate={approximate!r} has no lowering, expected 'none'")
    inner = arithmetic(g, result, "Erf", arithmetic(g, result, "Mul", x, math.sqrt(0.5)))
    share = arithmetic(g, result, "Mul", arithmetic(g, result, "Add", inner, 1), 0.5)
    return arithmetic(g, result, "Mul", x, share)


@lowers("leaky_relu.default")
def leaky_relu(g: Builder, result: Meta, x: Value, slope: float = 0.01) -> Value:
    """``x`` where it is positive, a share of it elsewhere."""
    positive = g.each("Greater", x, g.number(0, x.dtype), dtype=torch.bool, shape=result.shape)
    return arithmetic_where(g, result, positive, x, product(g, result, x, slope))


@lowers("elu.default")
def elu(g: Builder, result: Meta, x: Value, alpha: float = 1, scale: float = 1, inner: float = 1) -> Value:
    """``x`` where it is positive, an exponential less one elsewhere."""
    positive = g.each("Greater", x, g.number(0, x.dtype), dtype=torch.bool, shape=result.shape)
    bent = product(g, result, expm1(g, result, product(g, result, x, inner)), alpha)
    return product(g, result, arithmetic_where(g, result, positive, x, bent), scale)
