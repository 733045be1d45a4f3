"""Operators on constants, computed while the graph is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
MAX_ENTRIES = 4096  # beyond, a folded constant would be larger than the graph

_FOLDS: Mapping[str, Callable[..., Any]] = {
    "Abs": np.abs,
    "Add": np.add,
    "And": np.logical_and,
    "Ceil": np.ceil,
    "Equal": np.equal,
    "Floor": np.floor,
    "Greater": np.greater,
    "GreaterOrEqual": np.greater_equal,
    "IsNaN": np.isnan,
    "Less": np.less,
    "LessOrEqual": np.less_equal,
    "Max": np.maximum,
    "Min": np.minimum,
    "Mul": np.multiply,
    "Neg": np.negative,
    "Not": np.logical_not,
    "Or": np.logical_or,
    "Range": np.arange,
    "Reciprocal": np.reciprocal,
    "Relu": lambda values: np.maximum(values, 0),
    "Sign": np.sign,
    "Sqrt": np.sqrt,
    "Sub": np.subtract,
    "Where": np.where,
    "Xor": np.logical_xor,
    "Reshape": lambda values, shape: values.reshape(shape),
    "Squeeze": lambda values, axes: np.squeeze(values, tuple(axes.tolist())),
    "Unsqueeze": lambda values, axes: np.expand_dims(values, tuple(axes.tolist())),
}
# libraries differ in the last digit of these: computed in double precision and rounded, they give the same on every machine
_ROUNDED: Mapping[str, Callable[..., Any]] = {"Exp": np.exp, "Log": np.log, "Tanh": np.tanh}


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
        elif operator in _ROUNDED and known[0].dtype != np.float64:
            found = _ROUNDED[operator](known[0].astype(np.float64))
        elif operator in _FOLDS:
            found = _FOLDS[operator](*known)
        else:
            return None
    result: Array = np.ascontiguousarray(found).reshape(np.shape(found)).astype(dtype)
    return result if result.size <= MAX_ENTRIES else None
