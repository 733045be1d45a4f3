"""Parameters as strict JSON: infinities are no JSON numbers, so they travel as the words pydantic uses for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from losskit.spec import LossSpec

_WORDS = {math.inf: "Infinity", -math.inf: "-Infinity"}
_NUMBERS = {word: number for number, word in _WORDS.items()}


def encode(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with infinities as words."""
    return {name: _encoded(value) for name, value in parameters.items()}


def decode(spec: LossSpec, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with words for infinities as numbers again, where the parameter is not itself a word."""
    choices = {field.name for field in spec.parameters.fields if field.kind == "choice"}
    return {name: value if name in choices else decoded(value) for name, value in parameters.items()}


def _encoded(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_encoded(entry) for entry in value]
    return _WORDS.get(value, value) if isinstance(value, float) else value


def decoded(value: Any) -> Any:
    """A value with words for infinities as numbers again."""
    if isinstance(value, list):
        return [decoded(entry) for entry in value]
    return _NUMBERS.get(value, value) if isinstance(value, str) else value
