"""The weighted sum of references in NumPy, float64: what a composite is compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losskit.spec import LossSpec, Part

Array = NDArray[Any]
Oracle = Callable[..., Any]
STEP = 1e-5


def weighted_sum(spec: LossSpec, oracles: Sequence[Oracle], given: Mapping[str, Any]) -> tuple[Array, Array]:
    """Value and count of each row; of a composite without common rows one value that counts once.

    Args:
        spec: of the composite.
        oracles: of its parts.
        given: inputs of the composite as arrays, and its weights.
    """
    values, counts = [], []
    for part, oracle in zip(spec.parts, oracles, strict=True):
        value, count = _of(part, oracle, given)
        if not spec.output:
            total = count.sum()
            value, count = np.asarray(value.sum() / total if total else 0.0), np.ones(())
        values.append(given[part.weight] * value if given[part.weight] else np.zeros_like(value))
        counts.append(count)
    return np.asarray(sum(values)), counts[0]


def _of(part: Part, oracle: Oracle, given: Mapping[str, Any]) -> tuple[Array, Array]:
    """The reference of a part on what it takes of the inputs."""
    taken = {entry.name: given[entry.name] for entry in part.loss.inputs if given.get(entry.name) is not None}
    shape: tuple[int, ...] = ()
    if part.positions:
        axes = {entry.name: len(entry.shape) for entry in part.loss.inputs if entry.shape[:1] == part.loss.output}
        name = next(name for name in axes if name in taken)
        shape = (len(taken[name]), *taken[name].shape[axes[name] :])
        taken = {name: _as_rows(value, axes[name]) if name in axes else value for name, value in taken.items()}
    values = part.loss.parameters.validate_values(part.loss.name, part.parameters)
    returned = oracle(**{**values, **taken})
    value, count = returned if isinstance(returned, tuple) else (returned, np.ones_like(returned))
    value, count = np.asarray(value, dtype=np.float64), np.asarray(count, dtype=np.float64)
    return (value.reshape(shape), count.reshape(shape)) if part.positions else (value, count)


def _as_rows(value: Array, axes: int) -> Array:
    """Every position of the axes behind the first few as a row of its own, in the order of samples."""
    rows = [sample[(..., *place)] for sample in value for place in np.ndindex(value.shape[axes:])]
    own = value.shape[1:axes]
    return np.asarray(rows, dtype=value.dtype).reshape(len(value) * int(np.prod(value.shape[axes:])), *own)


def weighted_gradient(
    spec: LossSpec, oracles: Sequence[Oracle], formulas: Sequence[Oracle | None], given: Mapping[str, Any]
) -> dict[str, Array]:
    """Gradient of the sum of all values: by the formula of a part where it has one, by differences elsewhere."""
    found: dict[str, Array] = {
        entry.name: np.zeros_like(given[entry.name])
        for entry in spec.inputs
        if entry.differentiable and given.get(entry.name) is not None
    }
    for part, oracle, formula in zip(spec.parts, oracles, formulas, strict=True):
        if not given[part.weight]:
            continue
        names = [n for n in part.loss.differentiable() if n in found]
        if formula is None:
            slopes = {name: _differences(part, oracle, given, name, bool(spec.output)) for name in names}
        else:
            values = part.loss.parameters.validate_values(part.loss.name, part.parameters)
            taken = {e.name: given[e.name] for e in part.loss.inputs if given.get(e.name) is not None}
            count = 1.0 if spec.output else _of(part, oracle, given)[1].sum() or 1.0
            slopes = {name: np.asarray(slope) / count for name, slope in formula(**{**values, **taken}).items()}
        for name in names:
            found[name] = found[name] + given[part.weight] * slopes[name]
    return found


def _differences(part: Part, oracle: Oracle, given: Mapping[str, Any], name: str, summed: bool) -> Array:
    slope: Array = np.zeros_like(given[name])
    for place in np.ndindex(slope.shape):
        ends = []
        for step in (2 * STEP, STEP, -STEP, -2 * STEP):
            moved = given[name].copy()
            moved[place] += step
            value, count = _of(part, oracle, {**given, name: moved})
            ends.append(value.sum() if summed else value.sum() / (count.sum() or 1.0))
        slope[place] = (8 * (ends[1] - ends[2]) - (ends[0] - ends[3])) / (12 * STEP)
    return slope
