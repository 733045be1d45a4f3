"""Operators on constants, computed while the graph is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
MAX_ENTRIES = 4096  # beyond, a folded constant would be larger than the graph

_FOLDS: Mapping[str, Callable[..., Any]] = {
    "Add": np.add,
    "And": np.logical_and,
    "Equal": np.equal,
    "Greater": np.greater,
    "GreaterOrEqual": np.greater_equal,
    "Less": np.less,
    "LessOrEqual": np.less_equal,
    "Max": np.maximum,
    "Min": np.minimum,
    "Mul": np.multiply,
    "Neg": np.negative,
    "Not": np.logical_not,
    "Or": np.logical_or,
    "Sqrt": np.sqrt,
    "Sub": np.subtract,
    "Where": np.where,
    "Xor": np.logical_xor,
    "Reshape": lambda values, shape: values.reshape(shape),
    "Squeeze": lambda values, axes: np.squeeze(values, tuple(axes.tolist())),
    "Unsqueeze": lambda values, axes: np.expand_dims(values, tuple(axes.tolist())),
}


def fold(operator: str, constants: list[Array | None], attributes: Mapping[str, Any], dtype: Any) -> Array | None:
    """The result of an operator whose inputs are all known, None where it has to stay in the graph."""
    known = [constant for constant in constants if constant is not None]
    if len(known) < len(constants) or not known or any(constant.size > MAX_ENTRIES for constant in known):
        return None
    with np.errstate(all="ignore"):
        if operator == "Cast":
            found = known[0].astype(dtype)
        elif operator == "Div" and np.issubdtype(known[0].dtype, np.floating):
            found = np.divide(*known)
        elif operator == "Expand" and int(np.prod(known[1])) <= MAX_ENTRIES:
            found = np.broadcast_to(known[0], np.broadcast_shapes(known[0].shape, tuple(known[1].tolist())))
        elif operator == "Transpose":
            found = known[0].transpose(attributes["perm"])
        elif operator == "Concat":
            found = np.concatenate(known, axis=attributes["axis"])
        elif operator in _FOLDS:
            found = _FOLDS[operator](*known)
        else:
            return None
    result: Array = np.ascontiguousarray(found).reshape(np.shape(found)).astype(dtype)
    return result if result.size <= MAX_ENTRIES else None
