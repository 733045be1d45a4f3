"""Paths of losses of real numbers, distributions, vectors, matrices, and of anything else along one drawn ray."""

from __future__ import annotations

import random

import torch
from torch import Tensor

from losskit.conformance.pictures.inputs import (
    REACH,
    ends,
    is_distribution,
    is_logarithm,
    is_real,
    moved,
    predictions,
    required,
)
from losskit.conformance.pictures.model import Path
from losskit.conformance.search.inputs import MODERATE, NoAdmissibleDataError, draw
from losskit.conformance.search.parameters import size_draws
from losskit.conformance.subject import Data, Subject
from losskit.spec import LossSpec
from losskit.spec.tensors import Input, Probability, Real

RESIDUAL = 3.0
EDGE = 1e-3
SHARE = 0.3  # of the first of two classes, in a distribution that is held
BINS = 41
SEED = 3


def is_residual(spec: LossSpec) -> bool:
    """Predictions and targets of one shape, each element by itself."""
    shown = required(spec)
    free = all(is_real(i) and not is_logarithm(i) for i in shown)
    alike = len(shown) == 2 and {i.shape for i in shown} == {spec.output} and free
    return alike and [i.role for i in shown] == ["prediction", "target"]


def residual(subject: Subject) -> list[Path]:
    """The prediction moved past its target 0."""
    first, second = required(subject.spec)

    def at(x: Tensor) -> Data:
        return {first.name: x, second.name: torch.zeros_like(x).detach()}

    return [Path("residual: prediction less target", -RESIDUAL, RESIDUAL, at)]


def _spanned(spec: LossSpec) -> Input | None:
    """A real target that lies between two parameters."""
    fitting = (i for i in required(spec) if isinstance(i.domain, Real) and i.domain.span is not None)
    return next((i for i in fitting if i.role == "target"), None)


def is_bins(spec: LossSpec) -> bool:
    """Scores of bins that lie between two parameters, and a number that they should predict."""
    names = {"min_value", "max_value"}
    supported = _spanned(spec) is not None or names <= {*spec.parameters.names()}
    return supported and len(predictions(spec)) == 1 and len(predictions(spec)[0].shape) == 2


def bins(subject: Subject) -> list[Path]:
    """A bump of predicted probability moved along the support."""
    (entry,), spanned = predictions(subject.spec), _spanned(subject.spec)
    names = getattr(spanned.domain, "span", None) if spanned is not None else None
    low, high = (float(subject.parameters[n]) for n in names or ("min_value", "max_value"))
    centres = torch.linspace(low, high, BINS, dtype=torch.float64)
    width = (high - low) / 10

    def bump(x: Tensor) -> Tensor:
        return -0.5 * ((centres - x[:, None]) / width).square()

    def at(x: Tensor) -> Data:
        middle = torch.full_like(x, (low + high) / 2).detach()
        data: Data = {entry.name: bump(x)}
        for other in required(subject.spec):
            if is_distribution(other):
                data[other.name] = torch.softmax(bump(middle), 1)
            elif isinstance(other.domain, Probability):
                data[other.name] = torch.ones_like(middle)
            elif other is spanned or other.name not in data:
                data[other.name] = middle if not any(map(is_distribution, required(subject.spec))) else 0 * middle
        return data

    axis = f"middle of the predicted bump; the target is {(low + high) / 2:g}"
    return [Path(axis, low, high, at, single=subject.coupled)]


def is_preference(spec: LossSpec) -> bool:
    """Two numbers a sample, of which one should be above the other."""
    shown = required(spec)
    return (
        spec.task == "preference"
        and len(shown) == 2
        and len({i.shape for i in shown}) == 1
        and all(map(is_real, shown))
    )


def preference(subject: Subject) -> list[Path]:
    """The first number against the second; what they are compared with is 0."""
    first, second = required(subject.spec)

    def at(x: Tensor) -> Data:
        optional = {i.name: torch.zeros_like(x).detach() for i in subject.spec.inputs if i.optional and is_real(i)}
        return {**optional, first.name: x / 2, second.name: -x / 2}

    axis = f"{first.name} less {second.name}"
    return [Path(axis, -10 * REACH, 10 * REACH, at, zooms=True)]


def is_share(spec: LossSpec) -> bool:
    """One distribution, or two to be compared, as they are or as logarithms."""
    shown = required(spec)
    whole = all(is_distribution(i) or (is_logarithm(i) and len(i.shape) == 2) for i in shown)
    return whole and len(shown) in (1, 2) and bool(moved(spec))


def share(subject: Subject) -> list[Path]:
    """The probability of the first of two classes."""
    first, *others = required(subject.spec)

    def at(x: Tensor) -> Data:
        fixed = torch.tensor([SHARE, 1 - SHARE], dtype=torch.float64).expand(len(x), 2)
        rows = {first.name: torch.stack([x, 1 - x], 1), **{o.name: fixed for o in others}}
        return {i.name: rows[i.name].log() if is_logarithm(i) else rows[i.name] for i in required(subject.spec)}

    axis = "probability of class 0, of two classes" + (f"; {others[0].name} has {SHARE:g}" if others else "")
    return [Path(axis, EDGE, 1 - EDGE, at)]


def is_direction(spec: LossSpec) -> bool:
    """Rows of predictions with targets of the same shape."""
    shown = required(spec)
    alike = len(shown) == 2 and shown[0].shape == shown[1].shape and all(map(is_real, shown))
    return alike and len(shown[0].shape) > 1 and shown[0].differentiable


def direction(subject: Subject) -> list[Path]:
    """Predictions that are a multiple of their targets."""
    first, second = required(subject.spec)
    row = torch.tensor([1.0, 0.5, -0.25, -0.5, 0.75, -1.0], dtype=torch.float64)

    def at(x: Tensor) -> Data:
        target = row.expand(len(x), len(row))
        return {first.name: x[:, None] * target, second.name: target}

    axis = f"{first.name} as a multiple of {second.name}"
    return [Path(axis, -REACH, REACH, at, single=subject.coupled)]


def is_matrix(spec: LossSpec) -> bool:
    """One matrix."""
    shown = required(spec)
    return len(shown) == 1 and len(shown[0].shape) == 2 and is_real(shown[0]) and shown[0].role == "parameter"


def matrix(subject: Subject) -> list[Path]:
    """Orthonormal rows with one number added everywhere: at -1/3 the rows are a regular simplex."""
    (entry,) = required(subject.spec)

    def at(x: Tensor) -> Data:
        return {entry.name: torch.eye(3, dtype=torch.float64) + x.view(1, 1)}

    return [Path("t in I + t 11ᵀ, of three rows; at -1/3 a simplex", -1.0, 1.0, at, single=True)]


def is_elementwise(spec: LossSpec) -> bool:
    """Numbers of one shape, each element by itself."""
    shown = required(spec)
    return all(i.shape == spec.output for i in shown) and all(is_real(i) for i in shown) and bool(moved(spec))


def elementwise(subject: Subject) -> list[Path]:
    """Each number moved through its domain while the others stay."""
    return [_along(subject, entry) for entry in moved(subject.spec)]


def _along(subject: Subject, entry: Input) -> Path:
    assert isinstance(entry.domain, Real)
    low, high = ends(entry.domain.at(subject.parameters))
    others = {i.name: _one(subject, i) for i in required(subject.spec) if i is not entry}

    def at(x: Tensor) -> Data:
        return {entry.name: x, **{name: torch.full_like(x, value).detach() for name, value in others.items()}}

    fixed = ", ".join(f"{name} = {value:g}" for name, value in others.items())
    return Path(f"{entry.name}" + (f"; {fixed}" if fixed else ""), low, high, at, single=subject.coupled)


def _one(subject: Subject, entry: Input) -> float:
    """1 where that is admissible: beside a 0 the others may do nothing."""
    assert isinstance(entry.domain, Real)
    low, high = ends(entry.domain.at(subject.parameters))
    return min(max(low, 1.0), high)


def is_any(spec: LossSpec) -> bool:
    """Something real that a gradient flows to."""
    return any(is_real(i) for i in moved(spec))


def ray(subject: Subject) -> list[Path]:
    """The first differentiable input along a drawn direction through a drawn point."""
    entry = next(i for i in moved(subject.spec) if is_real(i))
    rng = random.Random(SEED)
    for sizes in size_draws(subject.spec, {}, rng, 8):
        try:
            data = draw(subject, sizes, 6, rng, MODERATE, ties=0.0)
        except NoAdmissibleDataError:
            continue
        start = data[entry.name]
        generator = torch.Generator().manual_seed(SEED)
        way = torch.randn(start.shape, generator=generator, dtype=torch.float64)

        def at(x: Tensor, data: Data = data, start: Tensor = start, way: Tensor = way) -> Data:
            return {**data, entry.name: start + x * way}

        return [Path(f"t in x + t d, for one drawn {entry.name} x and direction d", -2.0, 2.0, at, single=True)]
    return []
