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
        expected: value and gradients in float32.
        rounding: how far the module's own float32 outputs are from its float64 ones, entry by entry.
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
    kinds = {entry.name: np.int64 if entry.dtype == "int64" else np.float32 for entry in taken}
    inputs = {entry.name: np.asarray(decoded(given[entry.name]), kinds[entry.name]) for entry in taken}
    sizes: Sizes = {}
    for entry in taken:
        axes = subject.axes.shapes[entry.name]
        if inputs[entry.name].ndim != len(axes):
            return None
        sizes |= dict(zip(axes, inputs[entry.name].shape, strict=True))
    for entry in subject.axes.inputs:
        if entry.name in subject.parameters:  # one that the graph takes as an input
            inputs[entry.name] = np.asarray(subject.parameters[entry.name], np.float32)
    if UPSTREAM in subject.axes.shapes:
        inputs[UPSTREAM] = np.ones([sizes[axis] for axis in subject.axes.shapes[UPSTREAM]], np.float32)
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
    """The module's value and gradients in float32, and their rounding errors."""
    found = value_and_gradient(subject.loss, subject.axes, inputs, device)
    exact = value_and_gradient(subject.loss, subject.axes, inputs, device, double=True)
    return found, {name: rounding_error(found[name], exact[name]) for name in found}


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
