"""Concrete inputs for a graph, drawn from the domains the spec declares."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from losskit.export.axes import Axes, Sizes
from losskit.spec.regimes import Interval
from losskit.spec.tensors import Binary, ClassIndex, Distribution, Input, Probability, Real

Array = NDArray[Any]
Kind = Literal["ordinary", "ignored", "ties", "huge", "tiny", "constant", "all ignored"]
EXTREMES: tuple[Kind, ...] = ("ties", "huge", "tiny", "constant")
HUGE = 1e4
FALL = 0.05  # by how much rows fall that must not increase
_TINY = 1e-4


def draw(
    axes: Axes, sizes: Sizes, parameters: Mapping[str, Any], seed: int, kind: Kind = "ordinary"
) -> dict[str, Array]:
    """One value for each input of the graph: arrays of int64, or of the dtype of the axes.

    Args:
        axes: inputs and the names of their axes.
        sizes: size of each axis.
        parameters: of the loss; one of them may be the id of ignored rows.
        seed: same seed, same arrays, on every platform.
        kind: ``ordinary``; ``ignored`` marks one label in four; ``ties`` repeats a few values; ``huge`` takes +-1e4 or the
            ends of the interval, with labels and scores at odds; ``tiny`` stays within 1e-4 of 0; ``constant`` makes each
            input the same throughout, labels too.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    return {entry.name: _one(entry, axes, sizes, parameters, random, kind) for entry in axes.inputs}


def ignorable(axes: Axes, parameters: Mapping[str, Any]) -> bool:
    """Whether an input of the graph may hold an id that is ignored."""
    return any(_ignored_id(entry, parameters) is not None for entry in axes.inputs)


def _one(
    entry: Input, axes: Axes, sizes: Sizes, parameters: Mapping[str, Any], random: np.random.Generator, kind: Kind
) -> Array:
    shape = tuple(sizes[name] for name in axes.shapes[entry.name])
    values = _values(entry, shape, sizes, parameters, random, kind)
    ignored = _ignored_id(entry, parameters)
    if ignored is not None and kind in ("ignored", "all ignored"):
        marked = np.arange(values.size).reshape(shape) % 4 == 1 if kind == "ignored" else np.ones(shape, dtype=bool)
        values = np.where(marked, ignored, values)
    # of a tensor without axes NumPy makes a number as soon as it computes with it
    return np.asarray(values).astype(axes.dtype_of(entry))


def _values(
    entry: Input,
    shape: tuple[int, ...],
    sizes: Sizes,
    parameters: Mapping[str, Any],
    random: np.random.Generator,
    kind: Kind,
) -> Array:
    domain = entry.domain
    if isinstance(domain, ClassIndex):
        ids = _labels(domain, shape, sizes, random, kind)
        return ids - ids.size // 4 if entry.bears_names else ids
    if isinstance(domain, Binary):
        return _marks(shape, random)
    if isinstance(domain, Probability):
        return _between(Interval(low=0, high=1, closed="both"), shape, random, kind)
    if isinstance(domain, Distribution):
        shares = _between(Interval(low=0, high=1, closed="both"), shape, random, kind) + _TINY
        return np.asarray(shares / shares.sum(axis=-1, keepdims=True))
    if isinstance(domain, Real):
        if domain.span is not None and kind in ("ordinary", "ignored"):
            low, high = (float(parameters[name]) for name in domain.span)
            return low + (high - low) * random.random(shape)
        values = _reals(domain.at(parameters), shape, random, kind)
        return -np.sort(-values, axis=-1) - FALL * np.arange(shape[-1]) if domain.falling else values
    raise TypeError(f"domain {domain} of {entry.name} cannot be drawn from")


def _ignored_id(entry: Input, parameters: Mapping[str, Any]) -> int | None:
    domain = entry.domain
    return parameters.get(domain.ignore) if isinstance(domain, ClassIndex) and domain.ignore else None


def _labels(domain: ClassIndex, shape: tuple[int, ...], sizes: Sizes, random: np.random.Generator, kind: Kind) -> Array:
    count = math.prod(shape)
    # ids that are only compared: about two of each, so that equal and unequal pairs exist
    classes = max(1, count // 2) if domain.of is None else domain.classes(sizes[domain.of])
    if kind == "constant":
        return np.full(shape, classes - 1)
    return np.asarray(random.permutation(np.arange(count) % classes)).reshape(shape)


def _marks(shape: tuple[int, ...], random: np.random.Generator) -> Array:
    """Zeros and ones, both present wherever there are two entries."""
    count = math.prod(shape)
    return np.asarray(random.permutation(np.arange(count) % 3 == 0)).reshape(shape)


def _reals(interval: Interval, shape: tuple[int, ...], random: np.random.Generator, kind: Kind) -> Array:
    if math.isfinite(interval.low) and math.isfinite(interval.high):
        return _between(interval, shape, random, kind)
    values = _unbounded(shape, random, kind)
    margin = np.float32(1e-3)  # keeps off an end that does not belong to the domain
    if math.isfinite(interval.low):
        return np.asarray(interval.low + np.abs(values) + (0 if interval.includes_low else margin))
    if math.isfinite(interval.high):
        return np.asarray(interval.high - np.abs(values) - (0 if interval.includes_high else margin))
    return values


def _unbounded(shape: tuple[int, ...], random: np.random.Generator, kind: Kind) -> Array:
    if kind == "ties":
        return random.integers(-1, 2, shape).astype(np.float64)
    if kind == "huge":
        return random.choice([-HUGE, HUGE], shape)
    if kind == "constant":
        return np.full(shape, 0.5)
    return random.standard_normal(shape) * (_TINY if kind == "tiny" else 1.5)


def _between(interval: Interval, shape: tuple[int, ...], random: np.random.Generator, kind: Kind) -> Array:
    share = random.uniform(0.05, 0.95, shape)
    if kind == "ties":
        share = random.choice([0.25, 0.5, 0.75], shape)
    elif kind == "constant":
        share = np.full(shape, 0.5)
    elif kind in ("huge", "tiny"):
        inside = 1e-3
        ends = (0.0 if interval.includes_low else inside, 1.0 if interval.includes_high else 1 - inside)
        share = random.choice(ends, shape)
    return np.asarray(interval.low + (interval.high - interval.low) * share)
