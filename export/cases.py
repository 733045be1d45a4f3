"""Inputs that graphs are compared on: sizes never traced, and the ends of the domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from losskit.export.axes import UPSTREAM, Sizes
from losskit.export.data import EXTREMES, Array, Kind, draw, ignorable
from losskit.export.eager import value_and_gradient
from losskit.export.numbers import decoded
from losskit.export.subject import Subject
from losskit.export.tolerance import rounding_error
from losskit.spec.errors import ExportError, LosskitError

ONE_SAMPLE = "one sample"
_WANTED_SHAPES = 2


@dataclass(frozen=True)
class Case:
    """Inputs with the outputs of the module.

    Attributes:
        name: what is special about them.
        sizes: of each axis.
        inputs: arrays by name.
        expected: value and gradients.
        rounding: how far the module's own outputs in float32 are from its float64 ones, entry by entry.
    """

    name: str
    sizes: Sizes
    inputs: dict[str, Array]
    expected: dict[str, Array]
    rounding: dict[str, Array]


def stored_cases(subject: Subject, seed: int) -> tuple[Case, ...]:
    """Inputs that are kept with a graph, the first four of them ordinary ones.

    The traced sizes; larger ones, with ignored rows if there are such; smaller ones; one sample; and the first edge case
    of the spec that fits the axes, the parameters and the reduction.
    """
    kinds: tuple[Kind, ...] = ("ordinary", "ignored", "ordinary")
    names = ("traced sizes", "larger sizes", "smaller sizes")
    trials = enumerate(zip(names, kinds, subject.axes.stored(), strict=True))
    cases = [make_case(subject, name, sizes, kind, seed + number) for number, (name, kind, sizes) in trials]
    alone = _attempt(subject, ONE_SAMPLE, subject.axes.fresh()[ONE_SAMPLE], "ordinary", seed + 3, "cpu")
    return tuple(case for case in (*cases, alone, _edge_case(subject)) if case is not None)


def _edge_case(subject: Subject) -> Case | None:
    """The first edge case that the spec shows with finite inputs which this graph takes."""
    for edge in subject.spec.edge_cases:
        for example in edge.examples:
            given = {**subject.parameters, **example.parameters}
            if example.refused or given != dict(subject.parameters) or example.reduction != subject.reduction:
                continue
            case = _shown(subject, edge.case, example.inputs)
            if case is not None:
                return case
    return None


def _shown(subject: Subject, name: str, given: Mapping[str, Any]) -> Case | None:
    taken = [entry for entry in subject.axes.inputs if entry in subject.spec.inputs]
    if set(given) != {entry.name for entry in taken}:
        return None
    inputs = {e.name: np.asarray(decoded(given[e.name]), subject.axes.dtype_of(e)) for e in taken}
    sizes: Sizes = {}
    for entry in taken:
        axes = subject.axes.shapes[entry.name]
        if inputs[entry.name].ndim != len(axes):
            return None
        sizes |= dict(zip(axes, inputs[entry.name].shape, strict=True))
    for entry in subject.axes.inputs:
        if entry.name in subject.parameters:  # one that the graph takes as an input
            inputs[entry.name] = np.asarray(subject.parameters[entry.name], subject.axes.dtype)
    if UPSTREAM in subject.axes.shapes:
        upstream = subject.axes.inputs[-1]
        shape = [sizes[axis] for axis in subject.axes.shapes[UPSTREAM]]
        inputs[UPSTREAM] = np.ones(shape, subject.axes.dtype_of(upstream))
    traced = subject.axes.traced
    if any(sizes[axis] != traced[axis] for axis in subject.axes.fixed) or not all(sizes.values()):
        return None
    try:
        expected, rounding = ask(subject, inputs, "cpu")
    except LosskitError:
        return None
    return Case(name, sizes, inputs, expected, rounding)


def fresh_cases(subject: Subject, seed: int, device: str = "cpu") -> tuple[Case, ...]:
    """Ordinary inputs at sizes neither traced nor stored, then extreme inputs at the traced sizes.

    Sizes that the module itself refuses are left out.

    Raises:
        ExportError: fewer than two other shapes are left to compare at.
    """
    shapes = [
        case
        for number, (name, sizes) in enumerate(subject.axes.fresh().items())
        if (case := _attempt(subject, name, sizes, "ordinary", seed + 100 + number, device)) is not None
    ]
    if len(shapes) < _WANTED_SHAPES and subject.axes.dynamic:
        raise ExportError(f"{subject.spec.name} takes too few other shapes to compare its graph at")
    return (*shapes, *_extreme_cases(subject, seed, device))


def make_case(subject: Subject, name: str, sizes: Sizes, kind: Kind, seed: int, device: str = "cpu") -> Case:
    """Draw inputs and ask the module."""
    inputs = draw(subject.axes, sizes, subject.parameters, seed, kind)
    expected, rounding = ask(subject, inputs, device)
    return Case(name, sizes, inputs, expected, rounding)


def ask(subject: Subject, inputs: dict[str, Array], device: str) -> tuple[dict[str, Array], dict[str, Array]]:
    """The module's value and gradients, and the rounding errors of computing them.

    Of half-precision inputs the loss is computed in float32 and only then are its gradients rounded, so that the errors
    are those of float32; what float64 gives is right as it is.
    """
    found = value_and_gradient(subject.loss, subject.axes, inputs, device)
    if subject.axes.dtype == "float64":
        return found, {name: np.zeros(values.shape) for name, values in found.items()}
    exact = value_and_gradient(subject.loss, subject.axes, inputs, device, double=True)
    single = found
    if subject.axes.dtype == "float16":
        wide = {name: v.astype(np.float32) if v.dtype == np.float16 else v for name, v in inputs.items()}
        single = value_and_gradient(subject.loss, subject.axes, wide, device)
    return found, {name: rounding_error(single[name], exact[name]) for name in found}


def _extreme_cases(subject: Subject, seed: int, device: str) -> Iterator[Case]:
    ignoring: tuple[Kind, ...] = ("ignored", "all ignored") if ignorable(subject.axes, subject.parameters) else ()
    for number, kind in enumerate((*EXTREMES, *ignoring)):
        case = _attempt(subject, kind, subject.axes.traced, kind, seed + 200 + number, device)
        if case is not None:
            yield case


def _attempt(subject: Subject, name: str, sizes: Sizes, kind: Kind, seed: int, device: str) -> Case | None:
    try:
        return make_case(subject, name, sizes, kind, seed, device)
    except LosskitError:
        return None
