"""Inputs that graphs are compared on: sizes never traced, and the ends of the domain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from losskit.export.axes import Sizes
from losskit.export.data import EXTREMES, Array, Kind, draw, ignorable
from losskit.export.eager import value_and_gradient
from losskit.export.subject import Subject
from losskit.export.tolerance import rounding_error
from losskit.spec.errors import ExportError, LosskitError

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
    """Ordinary inputs at the traced sizes, at larger and at smaller ones; the second has ignored rows, if there are such."""
    kinds: tuple[Kind, ...] = ("ordinary", "ignored", "ordinary")
    trials = zip(kinds, subject.axes.stored(), strict=True)
    return tuple(
        make_case(subject, f"test_data_set_{number}", sizes, kind, seed + number)
        for number, (kind, sizes) in enumerate(trials)
    )


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
