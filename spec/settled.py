"""Claims of a loss whose parameters are fixed: regimes and constants of sizes alone are left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losskit.spec.coupling import satisfies
from losskit.spec.errors import SpecError
from losskit.spec.expressions import Expression, Scalar, evaluate
from losskit.spec.loss import LossSpec
from losskit.spec.properties import Claim, Property


def settled(spec: LossSpec, values: Mapping[str, Any]) -> tuple[Claim, ...]:
    """What a loss claims at these parameters.

    A claim on a regime of parameters stands without it where the values lie in it, and says nothing where they do not.
    Left out as well is what speaks of a parameter as a variable, of calls without an input, or of a regime whose parameter
    an optional input may replace.
    """
    inputs = {entry.name for entry in spec.inputs}
    found = []
    for claim in spec.claims:
        regime = {name: given for name, given in claim.when.items() if name in values}
        replaceable = inputs & regime.keys()
        variables = set(claim.property.subjects()) - inputs
        if claim.property.absent or replaceable or variables:
            continue
        if not all(satisfies(values[name], given) for name, given in regime.items()):
            continue
        stated = _stated(claim.property, values)
        if stated is not None:
            when = {name: given for name, given in claim.when.items() if name not in values}
            found.append(claim.model_copy(update={"property": stated, "when": when}))
    return tuple(found)


def _stated(given: Property, values: Mapping[str, Any]) -> Property | None:
    """A property with the values of the parameters in its constants; None where one of them is no number."""
    changed: dict[str, Any] = {}
    for name, value in given.arguments().items():
        try:
            if isinstance(value, Expression):
                changed[name] = substituted(value, values)
            elif isinstance(value, dict) and any(isinstance(entry, Expression) for entry in value.values()):
                changed[name] = {key: substituted(entry, values) for key, entry in value.items()}
        except SpecError:
            return None
    return given.model_copy(update=changed) if changed else given


def substituted(given: Scalar, values: Mapping[str, Any]) -> Scalar:
    """An expression with numbers in place of some symbols, computed where no other is left.

    Raises:
        SpecError: a symbol stands for something else than a number, or an operation is not defined for one.
    """
    if not isinstance(given, Expression):
        return given
    if given.op == "symbol":
        name = str(given.args[0])
        if name not in values:
            return given
        if isinstance(values[name], bool) or not isinstance(values[name], int | float):
            raise SpecError(f"{name} is no number here, found {values[name]!r}")
        return float(values[name])
    operands = tuple(substituted(part, values) for part in given.args if not isinstance(part, str))
    replaced = Expression.of(given.op, *operands)
    if replaced.symbols() or given.op in (
        "one_hot",
        "pair",
        "item",
        "column",
        "positions",
        "ids",
        "softmax",
        "transpose",
    ):
        return replaced
    computed: float = evaluate(replaced, {})
    return computed
