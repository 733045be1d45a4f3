"""Settings of parameters that are worth a curve each: values that regimes and examples speak of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from losskit.spec import LossSpec, OneOf, Parameter
from losskit.spec.errors import ParameterError

CURVES = 5  # more are not told apart
APART = 0.05  # relative to the larger of two values, or to 1


def settings(spec: LossSpec, given: Mapping[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each real parameter that claims or examples speak of with its settings, in order of its values.

    The first parameter that a loss declares comes first; nothing comes where the first one is given.

    Args:
        spec: the loss.
        given: parameters that are fixed; the others take their defaults.
    """
    base = spec.parameters.validate_values(spec.name, given)
    for main in main_parameters(spec):
        if main.name in given:
            return
        found = _distinct(spec, main, base)
        if len(found) > 1:
            yield main.name, [{**base, main.name: value} for value in sorted(found)]


def main_parameters(spec: LossSpec) -> list[Parameter]:
    """Real parameters that a regime restricts or an example sets."""
    named = {name for claim in spec.claims for name in claim.when}
    shown = {name for example in spec.examples for name in example.parameters}
    return [p for p in spec.parameters.fields if p.kind == "float" and not p.tuning and p.name in named | shown]


def _distinct(spec: LossSpec, main: Parameter, base: Mapping[str, Any]) -> list[float]:
    found: list[float] = []
    for value in _values(spec, main, base[main.name]):
        if all(_apart(value, other) for other in found) and _admissible(spec, {**base, main.name: value}):
            found.append(value)
        if len(found) == CURVES:
            break
    return found


def _apart(one: float, other: float) -> bool:
    if math.isinf(one) or math.isinf(other):
        return one != other
    return abs(one - other) > APART * max(1.0, abs(one), abs(other))


def _values(spec: LossSpec, main: Parameter, default: Any) -> Iterator[float]:
    """The default, exact values of regimes, values of examples, ends of regimes: what is spoken of most comes first."""
    conditions = [claim.when[main.name] for claim in spec.claims if main.name in claim.when]
    exact = [v for c in conditions if isinstance(c, OneOf) for v in c.values]
    shown = [e.parameters[main.name] for e in spec.examples if main.name in e.parameters]
    ends = [e for c in conditions if not isinstance(c, OneOf) for e in (c.low, c.high) if e in c and math.isfinite(e)]
    for value in (default, *exact, *shown, *ends):
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield float(value)


def _admissible(spec: LossSpec, setting: Mapping[str, Any]) -> bool:
    try:
        spec.parameters.validate_values(spec.name, setting)
    except ParameterError:
        return False
    return True
