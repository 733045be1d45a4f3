"""Parameters from the command line: ``name=value``, read as the spec says what kind of value it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from losskit.spec.errors import ParameterError

if TYPE_CHECKING:
    from losskit.spec import LossSpec, Parameter

_SWITCHES = {"true": True, "false": False}
_EXPECTED = {
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "numbers": "numbers such as 1,2.5,3 or [1, 2.5, 3]",
}


def words(given: Sequence[str] | None) -> tuple[str, ...]:
    """The words an option was given, once or several times, with commas between several."""
    return tuple(word.strip() for entry in given or () for word in entry.split(","))


def parse(spec: LossSpec, given: Sequence[str]) -> dict[str, Any]:
    """All parameters of a loss, those not given at their defaults.

    Args:
        spec: the loss.
        given: texts such as ``tau=1.5``, ``class_weights=1,2,3``, ``reduction_axis=none``.

    Raises:
        ParameterError: a text is no ``name=value``, a name is unknown or given twice, a value is of another kind or
            outside the domain.
    """
    values: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ParameterError(f"{spec.name}: a parameter is given as name=value, found {text!r}")
        if name in values:
            raise ParameterError(f"{spec.name}: parameter {name} is given twice")
        field = spec.parameters.get(name)
        values[name] = value if field is None else _read(spec.name, field, value.strip())
    spec.parameters.validate_values(spec.name, values)
    return values


def _read(loss: str, field: Parameter, text: str) -> Any:
    if text.lower() == "none" and (field.optional or field.kind != "choice"):
        return None
    if field.kind == "choice":
        return text
    try:
        several = field.listed and ("," in text or text.startswith("["))
        return _numbers(text) if several else _READERS[field.kind](text)
    except (ValueError, KeyError) as error:
        wanted = _EXPECTED[field.kind]
        wanted += f" or {_EXPECTED['numbers']}" if field.listed else ""
        wanted += " or none" if field.optional else ""
        raise ParameterError(f"{loss}: parameter {field.name} must be {wanted}, found {text!r}") from error


def _numbers(text: str) -> list[float]:
    entries = json.loads(text) if text.startswith("[") else [part.strip() for part in text.split(",")]
    if any(isinstance(entry, bool | list | dict) or entry is None for entry in entries):
        raise ValueError("not a flat list of numbers")
    return [float(entry) for entry in entries]


_READERS: dict[str, Callable[[str], Any]] = {
    "float": float,
    "int": int,
    "bool": lambda text: _SWITCHES[text.lower()],
    "numbers": _numbers,
}
