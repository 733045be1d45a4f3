"""Functions that ONNX lacks, or that runtimes lose digits of: of exponentials, logarithms and the error function."""

from __future__ import annotations

import math

import torch

from losskit.export.lowering.builder import Builder
from losskit.export.lowering.elementwise import arithmetic, arithmetic_where, product
from losskit.export.lowering.errors import NoLoweringError
from losskit.export.lowering.table import Meta, lowers
from losskit.export.lowering.values import Value

# a least-squares fit; plugins.ops.normal has it for the framework's exporter
_ERFC = (
    0.169256875, 0.1692568249, 0.1616453688, 0.1462710817, 0.1262026881,
    0.08801297486, 0.107559758, -0.03716794164, 0.1210461589, -0.05209560158,
)  # fmt: skip


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
