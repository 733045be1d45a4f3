"""Arithmetic as data: constants that depend on parameters, written in a spec, stored as JSON, never evaluated as text."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Annotated, Any, Self

from pydantic import BeforeValidator

from losskit.spec.errors import SpecError
from losskit.spec.model import Frozen, read_infinities

INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**", "matmul": "@"}
ARITY = {
    "symbol": 1, "add": 2, "sub": 2, "mul": 2, "div": 2, "pow": 2, "matmul": 2, "neg": 1, "sqrt": 1, "exp": 1, "log": 1,
    "softplus": 1, "log1mexp": 1, "normal_cdf": 1, "maximum": 2, "minimum": 2, "transpose": 1, "item": 2, "one_hot": 3,
    "positions": 1, "column": 1, "pair": 2, "ids": 1, "softmax": 1,
}  # fmt: skip


class Expression(Frozen):
    """One operation and its operands; operands are numbers, further expressions or, for a symbol, its name.

    Symbols are parameters, shape symbols (``C``) or, in links between losses, inputs.
    """

    op: str
    args: tuple[Annotated[Expression | float | str, BeforeValidator(read_infinities)], ...]

    def model_post_init(self, _context: Any) -> None:
        if self.op not in ARITY:
            raise SpecError(f"expression uses the operation {self.op!r}, expected one of {', '.join(sorted(ARITY))}")
        if len(self.args) != ARITY[self.op]:
            raise SpecError(f"operation {self.op!r} takes {ARITY[self.op]} operands, found {len(self.args)}")
        if any(isinstance(argument, str) for argument in self.args) != (self.op == "symbol"):
            raise SpecError(f"operation {self.op!r} has the operands {self.args}: only a symbol bears a name")

    def __add__(self, other: Scalar) -> Expression:
        return Expression(op="add", args=(self, other))

    def __radd__(self, other: Scalar) -> Expression:
        return Expression(op="add", args=(other, self))

    def __sub__(self, other: Scalar) -> Expression:
        return Expression(op="sub", args=(self, other))

    def __rsub__(self, other: Scalar) -> Expression:
        return Expression(op="sub", args=(other, self))

    def __mul__(self, other: Scalar) -> Expression:
        return Expression(op="mul", args=(self, other))

    def __rmul__(self, other: Scalar) -> Expression:
        return Expression(op="mul", args=(other, self))

    def __truediv__(self, other: Scalar) -> Expression:
        return Expression(op="div", args=(self, other))

    def __rtruediv__(self, other: Scalar) -> Expression:
        return Expression(op="div", args=(other, self))

    def __pow__(self, other: Scalar) -> Expression:
        return Expression(op="pow", args=(self, other))

    def __rpow__(self, other: Scalar) -> Expression:
        return Expression(op="pow", args=(other, self))

    def __neg__(self) -> Expression:
        return Expression(op="neg", args=(self,))

    def __matmul__(self, other: Expression) -> Expression:
        return Expression(op="matmul", args=(self, other))

    def __str__(self) -> str:
        if self.op == "symbol":
            return str(self.args[0])
        words = [_nested(argument) for argument in self.args]
        if self.op in INFIX:
            return f" {INFIX[self.op]} ".join(words)
        if self.op == "neg":
            return f"-{words[0]}"
        inside = [str(argument) if isinstance(argument, Expression) else f"{argument:g}" for argument in self.args]
        return f"{self.op}({', '.join(inside)})"

    def symbols(self) -> frozenset[str]:
        """Names that must be known to evaluate the expression."""
        if self.op == "symbol":
            return frozenset({str(self.args[0])})
        parts = [argument.symbols() for argument in self.args if isinstance(argument, Expression)]
        return frozenset().union(*parts)

    @classmethod
    def of(cls, op: str, *args: Scalar) -> Self:
        """The expression ``op(args)``."""
        return cls(op=op, args=args)


Scalar = Expression | float


def _nested(argument: Expression | float | str) -> str:
    if isinstance(argument, Expression):
        return f"({argument})" if argument.op in INFIX or argument.op == "neg" else str(argument)
    if isinstance(argument, float):
        return f"({argument:g})" if argument < 0 else f"{argument:g}"
    return argument


def symbol(name: str) -> Expression:
    """A parameter, a shape symbol or an input, by name."""
    return Expression(op="symbol", args=(name,))


def sqrt(x: Scalar) -> Expression:
    """Square root."""
    return Expression.of("sqrt", x)


def exp(x: Scalar) -> Expression:
    """Exponential."""
    return Expression.of("exp", x)


def log(x: Scalar) -> Expression:
    """Natural logarithm."""
    return Expression.of("log", x)


def softplus(x: Scalar) -> Expression:
    """``log(1 + exp(x))``."""
    return Expression.of("softplus", x)


def log1mexp(x: Scalar) -> Expression:
    """``log(1 - exp(-x))`` for x >= 0."""
    return Expression.of("log1mexp", x)


def normal_cdf(x: Scalar) -> Expression:
    """Distribution function of the standard normal law."""
    return Expression.of("normal_cdf", x)


def maximum(x: Scalar, y: Scalar) -> Expression:
    """The larger of two numbers."""
    return Expression.of("maximum", x, y)


def minimum(x: Scalar, y: Scalar) -> Expression:
    """The smaller of two numbers."""
    return Expression.of("minimum", x, y)


def transpose(x: Expression) -> Expression:
    """A matrix with its last two axes exchanged."""
    return Expression.of("transpose", x)


def item(x: Expression, position: int) -> Expression:
    """The slice of a tensor at a position of its last axis, as a row of its own."""
    return Expression.of("item", x, float(position))


def one_hot(ids: Expression, classes: Scalar, axis: int = -1) -> Expression:
    """1 where a class id is the position along a new axis, else 0; an id outside 0..classes-1 gives zeros."""
    return Expression.of("one_hot", ids, classes, float(axis))


def softmax(x: Expression) -> Expression:
    """Exponentials along the last axis of a tensor, divided by their sum."""
    return Expression.of("softmax", x)


def positions(x: Expression) -> Expression:
    """The numbers 0, 1, 2 and so on along the last axis of a tensor."""
    return Expression.of("positions", x)


def column(x: Expression) -> Expression:
    """A tensor with a last axis of length 1, to be set against a row."""
    return Expression.of("column", x)


def pair(x: Scalar, y: Expression) -> Expression:
    """Two tensors side by side along a new last axis; a number stands for a tensor of it."""
    return Expression.of("pair", x, y)


def ids(x: Expression) -> Expression:
    """Class ids from whole numbers that are stored as floating-point ones."""
    return Expression.of("ids", x)


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _log1mexp(x: float) -> float:
    if x == 0:
        return -math.inf
    return math.log(-math.expm1(-x)) if x < math.log(2) else math.log1p(-math.exp(-x))


def _power(x: float, y: float) -> float:
    return math.pow(x, y)  # 0**0 = 1, the limit every formula here means; x**y would be complex for x < 0


MATH: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": _power,
    "neg": lambda x: -x,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "softplus": _softplus,
    "log1mexp": _log1mexp,
    "normal_cdf": NormalDist().cdf,
    "maximum": max,
    "minimum": min,
}


def evaluate(
    expression: Scalar, values: Mapping[str, Any], operations: Mapping[str, Callable[..., Any]] | None = None
) -> Any:
    """Value of an expression where ``values`` names every symbol.

    Args:
        expression: a number or an expression.
        values: the value of each symbol.
        operations: what each operation does; by default arithmetic on floats. The harness passes tensor operations.

    Raises:
        SpecError: a symbol has no value, or the operation is not defined on these operands.
    """
    if not isinstance(expression, Expression):
        return expression
    if expression.op == "symbol":
        name = str(expression.args[0])
        if name not in values:
            raise SpecError(f"expression names {name!r}, expected one of {', '.join(sorted(values))}")
        return values[name]
    table = MATH if operations is None else operations
    if expression.op not in table:
        raise SpecError(f"operation {expression.op!r} of {expression} is not defined for these operands")
    operands = [evaluate(a, values, operations) for a in expression.args if not isinstance(a, str)]
    try:
        return table[expression.op](*operands)
    except (ArithmeticError, ValueError) as error:
        found = ", ".join(str(operand) for operand in operands)
        raise SpecError(f"operation {expression.op!r} of {expression} is not defined for {found}: {error}") from error
