"""Expressions: arithmetic as data, evaluated, stored and printed, never run as text."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losskit.spec.errors import SpecError
from losskit.spec.expressions import (
    ARITY,
    MATH,
    Expression,
    column,
    evaluate,
    exp,
    item,
    log,
    log1mexp,
    maximum,
    minimum,
    normal_cdf,
    one_hot,
    positions,
    softmax,
    softplus,
    sqrt,
    symbol,
    transpose,
)

X, Y = symbol("x"), symbol("y")


def leaves() -> st.SearchStrategy[Expression]:
    return st.sampled_from((X, Y, X + 2.0, sqrt(Y)))


def grow(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    operands = inner | st.floats(allow_nan=False)
    infix = st.sampled_from(("add", "sub", "mul", "div", "pow", "maximum"))
    unary = st.sampled_from(("neg", "sqrt", "exp", "softplus"))
    two = st.builds(lambda op, a, b: Expression.of(op, a, b), infix, operands, operands)
    return two | st.builds(lambda op, a: Expression.of(op, a), unary, operands)


@given(st.recursive(leaves(), grow, max_leaves=8))
def test_an_expression_survives_json(expression: Expression) -> None:
    assert Expression.model_validate_json(expression.model_dump_json()) == expression


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (X + 1, 4.0),
        (1 + X, 4.0),
        (X - Y, 1.0),
        (1 - X, -2.0),
        (X * Y, 6.0),
        (2 * X, 6.0),
        (X / Y, 1.5),
        (6 / X, 2.0),
        (X**Y, 9.0),
        (2**X, 8.0),
        (-X, -3.0),
        ((X - 3) ** (Y - 2), 1.0),
        (sqrt(X + 1), 2.0),
        (exp(X - 3), 1.0),
        (log(exp(X)), 3.0),
        (softplus(X - 3), math.log(2)),
        (softplus(1e4 * X), 3e4),
        (log1mexp(X), math.log(1 - math.exp(-3))),
        (log1mexp(1e-20 * X), math.log(3e-20)),
        (log1mexp(X - 3), -math.inf),
        (log1mexp(1e4 * X), 0.0),
        (normal_cdf(X - 3), 0.5),
        (maximum(X, Y), 3.0),
        (minimum(X, 0.5), 0.5),
    ],
)
def test_evaluation(expression: Expression, expected: float) -> None:
    assert evaluate(expression, {"x": 3.0, "y": 2.0}) == pytest.approx(expected, rel=1e-15)


def test_a_number_evaluates_to_itself() -> None:
    assert evaluate(1.5, {}) == 1.5


def test_other_operations_may_be_passed_for_other_operands() -> None:
    words: dict[str, Any] = {"matmul": lambda a, b: f"{a}{b}", "transpose": lambda a: f"{a}'", "item": lambda a, _: a}
    assert evaluate(item(X @ transpose(Y), 0), {"x": "h", "y": "w"}, words) == "hw'"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (1 / (X - 1), "1 / (x - 1)"),
        (sqrt(2) * ((X - 1) / X) ** (X - 1) / X, "(sqrt(2) * (((x - 1) / x) ** (x - 1))) / x"),
        ((-X) ** 2, "(-x) ** 2"),
        (-(X**2), "-(x ** 2)"),
        (X - (-1.0), "x - (-1)"),
        (X - (Y - 1), "x - (y - 1)"),
        (maximum(X, Y + 1), "maximum(x, y + 1)"),
        (X @ transpose(Y), "x @ transpose(y)"),
        (one_hot(X, Y, axis=1), "one_hot(x, y, 1)"),
        (positions(X) - column(Y), "positions(x) - column(y)"),
        (softmax(X), "softmax(x)"),
    ],
)
def test_printing_keeps_the_order_of_operations(expression: Expression, text: str) -> None:
    assert str(expression) == text


def test_symbols_are_collected_from_the_whole_tree() -> None:
    assert (sqrt(X) + 2 * maximum(Y, X)).symbols() == {"x", "y"}
    assert Expression.of("sqrt", 2.0).symbols() == frozenset()


def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(SpecError, match="the operation 'eval', expected one of add, column, div, exp"):
        Expression.of("eval", 1.0)


def test_a_wrong_number_of_operands_is_refused() -> None:
    with pytest.raises(SpecError, match="operation 'sqrt' takes 1 operands, found 2"):
        Expression.of("sqrt", 1.0, 2.0)


@pytest.mark.parametrize("given_", [{"op": "sqrt", "args": ["x"]}, {"op": "symbol", "args": [1.0]}])
def test_only_a_symbol_bears_a_name(given_: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="only a symbol bears a name"):
        Expression.model_validate(given_)


def test_a_symbol_without_a_value_is_refused() -> None:
    with pytest.raises(SpecError, match="names 'y', expected one of x"):
        evaluate(X + Y, {"x": 1.0})


def test_an_operation_without_meaning_for_numbers_is_refused() -> None:
    with pytest.raises(SpecError, match="operation 'matmul' of x @ y is not defined for these operands"):
        evaluate(X @ Y, {"x": 1.0, "y": 1.0})


@pytest.mark.parametrize("expression", [1 / (X - 1), log(X - 1), sqrt(X - 2), (X - 2) ** 0.5, exp(1000 * X)])
def test_what_arithmetic_does_not_define_is_refused(expression: Expression) -> None:
    with pytest.raises(SpecError, match=r"is not defined for .*: "):
        evaluate(expression, {"x": 1.0})


def test_every_operation_on_numbers_has_an_arity() -> None:
    assert set(MATH) <= set(ARITY)
