"""The parameters at which a loss is written when all losses are: its defaults and, if asked for, one other set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from losskit.registry import get
from losskit.spec import LossSpec

SUFFIX = "--other"


@dataclass(frozen=True)
class Variant:
    """A loss at one set of parameters.

    Attributes:
        loss: its name.
        folder: where it is written, ``NAME`` or ``NAME--other``.
        parameters: those that differ from the defaults.
    """

    loss: str
    folder: str
    parameters: dict[str, Any] = field(default_factory=dict)


def variants(names: Sequence[str], *, others: bool) -> Iterator[Variant]:
    """Losses at their defaults, each followed by the same loss at other parameters if these are asked for."""
    for name in names:
        yield Variant(name, name)
        parameters = other_parameters(get(name)) if others else {}
        if parameters:
            yield Variant(name, f"{name}{SUFFIX}", parameters)


def other_parameters(spec: LossSpec) -> dict[str, Any]:
    """What differs from the defaults in the first worked example where something does; nothing if there is none."""
    defaults = {parameter.name: parameter.default for parameter in spec.parameters.fields}
    for example in spec.examples:
        changed = {name: value for name, value in example.parameters.items() if value != defaults[name]}
        if changed:
            return changed
    return {}
