"""Which samples of a batch act on each other and how many are needed, at given parameters; and which axis holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losskit.spec.loss import LossSpec, Narrowing
from losskit.spec.regimes import Condition


def narrowing_at(spec: LossSpec, kind: str, parameters: Mapping[str, Any]) -> Narrowing | None:
    """The reason why an engineering property is not declared at these parameters, if it is not."""
    for narrowed in spec.narrowed:
        if narrowed.property == kind and all(satisfies(parameters[k], c) for k, c in narrowed.when.items()):
            return narrowed
    return None


def least_at(spec: LossSpec, parameters: Mapping[str, Any]) -> dict[str, int]:
    """The smallest size of each shape symbol that has one at these parameters."""
    found = dict(spec.least)
    for one in spec.least_when:
        if all(k in parameters and satisfies(parameters[k], c) for k, c in one.when.items()):
            found[one.symbol] = max(one.size, found.get(one.symbol, 0))
    return found


def satisfies(value: Any, condition: Condition) -> bool:
    """Whether the value of a parameter satisfies a condition; a list does if all its numbers do."""
    return all(v in condition for v in value) if isinstance(value, tuple) else value in condition


def couples(spec: LossSpec, parameters: Mapping[str, Any]) -> bool:
    """Whether samples of a batch act on each other with these parameters."""
    narrowed = narrowing_at(spec, "BatchDecomposable", parameters)
    if narrowed is None or not narrowed.when:  # a mean that divides by another count couples no samples
        return spec.coupling is not None
    # class weights change the divisor of the mean and leave every row its own
    lists = {p.name for p in spec.parameters.fields if p.kind == "numbers"}
    return not (narrowed.when and set(narrowed.when) <= lists)


def batch_symbol(spec: LossSpec) -> str:
    """The shape symbol of the samples: the first of the output, or of the inputs where they do not bear that.

    Of a loss that has one number for everything it is ``B``; empty where no input has such an axis.
    """
    if not spec.output:
        return "B" if "B" in spec.symbols() else ""
    first = spec.output[0]
    return first if any(first in entry.shape for entry in spec.inputs) else spec.inputs[0].shape[0]
