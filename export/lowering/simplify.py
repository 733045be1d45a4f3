"""Steps that change nothing, and pairs of steps that are one: found while the graph is written, so that they never are.

Every rule is exact, infinities and NaN included, but for the sign of a zero: ``-0 + 0`` is ``0``, and where the sum is left out
``-0`` remains. Only a division by that zero could tell, and a loss that divides by zero has no number to keep.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from losskit.export.lowering.values import DTYPES, Shape, Value, broadcast


@dataclass(frozen=True)
class Step:
    """An operator on values.

    Attributes:
        operator: of the standard domain.
        inputs: in the order of the standard; None for one that is left out.
        attributes: of the operator.
        shape: in which the graph holds the result.
    """

    operator: str
    inputs: tuple[Value | None, ...]
    attributes: Mapping[str, Any]
    shape: Shape

    def turned_into(self, operator: str, *inputs: Value | None) -> Step:
        """Another operator, or the same one on other values, with the same result."""
        return replace(self, operator=operator, inputs=inputs)


Maker = Callable[[Value], Step | None]  # the step that made a value, None for inputs and constants
Rule = Callable[[Step, Maker], Step | Value | None]
_RULES: dict[str, list[Rule]] = {}


def simplify(step: Step, made: Maker) -> Step | Value:
    """A value that is there already, or the step to take in place of one."""
    while True:
        found = next(
            (better for rule in _RULES.get(step.operator, ()) if (better := rule(step, made)) is not None), None
        )
        if found is None or isinstance(found, Value):
            return found or step
        step = found


def _of(*operators: str) -> Callable[[Rule], Rule]:
    def enter(rule: Rule) -> Rule:
        for operator in operators:
            _RULES.setdefault(operator, []).append(rule)
        return rule

    return enter


def _source(value: Value | None, operator: str, made: Maker) -> Step | None:
    """The step behind a value, if it is of this operator."""
    step = made(value) if value is not None else None
    return step if step is not None and step.operator == operator else None


def _operands(step: Step) -> tuple[Value, Value]:
    a, b = step.inputs
    assert a is not None
    assert b is not None
    return a, b


@_of("Add", "Mul", "And", "Or")
def _neutral_operand(step: Step, _made: Maker) -> Value | None:
    neutral = {"Add": 0, "Mul": 1, "And": True, "Or": False}[step.operator]
    a, b = _operands(step)
    for one, other in ((a, b), (b, a)):
        if one.splat is not None and one.splat == neutral:
            return other
    return None


@_of("Sub", "Div")
def _neutral_second_operand(step: Step, _made: Maker) -> Value | None:
    a, b = _operands(step)
    return a if b.splat is not None and b.splat == (0 if step.operator == "Sub" else 1) else None


@_of("Mul", "Div")
def _minus_one(step: Step, _made: Maker) -> Step | None:
    a, b = _operands(step)
    if b.splat == -1:
        return step.turned_into("Neg", a)
    return step.turned_into("Neg", b) if step.operator == "Mul" and a.splat == -1 else None


@_of("Add", "Sub")
def _sum_with_a_negative(step: Step, made: Maker) -> Step | None:
    """Subtracting is adding the negative, by definition of the arithmetic."""
    a, b = _operands(step)
    second = _source(b, "Neg", made)
    if second is not None:
        return step.turned_into("Sub" if step.operator == "Add" else "Add", a, *second.inputs)
    first = _source(a, "Neg", made) if step.operator == "Add" else None
    return step.turned_into("Sub", b, *first.inputs) if first is not None else None


@_of("Abs")
def _size_of_a_negative(step: Step, made: Maker) -> Step | None:
    inner = _source(step.inputs[0], "Neg", made)
    return step.turned_into("Abs", *inner.inputs) if inner is not None else None


@_of("Abs")
def _size_of_a_size(step: Step, made: Maker) -> Value | None:
    return step.inputs[0] if _source(step.inputs[0], "Abs", made) is not None else None


@_of("Mul", "Div")
def _two_negatives(step: Step, made: Maker) -> Step | None:
    first, second = (_source(value, "Neg", made) for value in step.inputs)
    if first is None or second is None:
        return None
    return step.turned_into(step.operator, *first.inputs, *second.inputs)


@_of("Add")
def _sum_of_two_halves(step: Step, made: Maker) -> Step | None:
    """A gradient arrives by both branches of a condition, each with zeros where the other one has entries."""
    first, second = (_source(value, "Where", made) for value in step.inputs)
    if first is None or second is None or _keys(first.inputs[:1]) != _keys(second.inputs[:1]):
        return None
    for one, other in ((first, second), (second, first)):
        if _is_zero(one.inputs[2]) and _is_zero(other.inputs[1]):
            return step.turned_into("Where", one.inputs[0], one.inputs[1], other.inputs[2])
    return None


def _keys(values: Sequence[Value | None]) -> list[str]:
    return ["" if value is None else value.key for value in values]


def _is_zero(value: Value | None) -> bool:
    return value is not None and value.splat is not None and value.splat == 0


@_of("Where")
def _condition_asked_before(step: Step, made: Maker) -> Step | None:
    condition, *branches = step.inputs
    for place, branch in enumerate(branches):
        inner = _source(branch, "Where", made)
        if inner is None or _keys(inner.inputs[:1]) != _keys([condition]):
            continue
        branches[place] = inner.inputs[1 + place]
        held = [value.held for value in (condition, *branches) if value is not None]
        if broadcast(held, step.shape) == step.shape:  # what is left out may have given the result its size
            return step.turned_into("Where", condition, *branches)
    return None


@_of("Where")
def _condition_of_no_account(step: Step, _made: Maker) -> Value | None:
    _, yes, no = step.inputs
    return yes if yes is not None and no is not None and yes.key == no.key else None


@_of("Where")
def _condition_turned(step: Step, made: Maker) -> Step | None:
    condition, yes, no = step.inputs
    inner = _source(condition, "Not", made)
    return step.turned_into("Where", *inner.inputs, no, yes) if inner is not None else None


@_of("Neg", "Not", "Squeeze", "Unsqueeze")
def _step_taken_back(step: Step, made: Maker) -> Value | None:
    opposite = {"Squeeze": "Unsqueeze", "Unsqueeze": "Squeeze"}.get(step.operator, step.operator)
    inner = _source(step.inputs[0], opposite, made)
    return inner.inputs[0] if inner is not None and _keys(inner.inputs[1:]) == _keys(step.inputs[1:]) else None


@_of("Transpose")
def _order_changed_twice(step: Step, made: Maker) -> Step | Value | None:
    inner = _source(step.inputs[0], "Transpose", made)
    if inner is None:
        return None
    order = [inner.attributes["perm"][place] for place in step.attributes["perm"]]
    if order == sorted(order):
        return inner.inputs[0]
    return replace(step, inputs=inner.inputs, attributes={"perm": order})


@_of("Reshape")
def _shape_changed_twice(step: Step, made: Maker) -> Step | Value | None:
    whole = step.inputs[0]
    assert whole is not None
    if whole.held == step.shape:
        return whole
    for operator in ("Reshape", "Squeeze", "Unsqueeze"):
        inner = _source(whole, operator, made)
        if inner is not None:
            return step.turned_into("Reshape", inner.inputs[0], *step.inputs[1:])
    return None


@_of("Cast")
def _cast_of_a_condition(step: Step, made: Maker) -> Step | Value | None:
    """Every dtype has a 0 and a 1, so that what lies between a condition and its last dtype is of no account."""
    inner = _source(step.inputs[0], "Cast", made)
    if inner is None or inner.inputs[0] is None or inner.inputs[0].dtype != torch.bool:
        return None
    if step.attributes["to"] == DTYPES[torch.bool]:
        return inner.inputs[0]
    return step.turned_into("Cast", *inner.inputs)
