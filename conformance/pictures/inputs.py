"""What the views ask of a spec's inputs, and values for those that are held while another is moved."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from losskit.conformance.subject import Data, Subject
from losskit.spec import Interval, LossSpec
from losskit.spec.tensors import Binary, ClassIndex, Distribution, Input, Probability, Real

NEAR = 0.1  # how close a picture comes to an end that does not belong to the domain
REACH = 4.0  # how far scores and other reals are moved where nothing bounds them


def required(spec: LossSpec) -> list[Input]:
    """Inputs that must be given, and those that would be drawn at random otherwise."""
    return [i for i in spec.inputs if not i.optional or i.drawn]


def moved(spec: LossSpec) -> list[Input]:
    """Required inputs that a gradient flows to."""
    return [i for i in required(spec) if i.differentiable]


def predictions(spec: LossSpec) -> list[Input]:
    """Required predictions that a gradient flows to."""
    return [i for i in moved(spec) if i.role == "prediction"]


def is_real(entry: Input) -> bool:
    """Whether every real number is admissible somewhere."""
    return isinstance(entry.domain, Real)


def is_binary(entry: Input) -> bool:
    """Whether it holds labels 0 or 1, soft ones included."""
    return entry.role == "target" and isinstance(entry.domain, Binary | Probability)


def is_distribution(entry: Input) -> bool:
    """Whether its rows are distributions."""
    return isinstance(entry.domain, Distribution)


def is_logarithm(entry: Input) -> bool:
    """Whether it holds logarithms of probabilities."""
    return isinstance(entry.domain, Real) and entry.domain.interval.high == 0


def ids(entry: Input) -> ClassIndex | None:
    """The domain of class ids; None for other inputs."""
    return entry.domain if isinstance(entry.domain, ClassIndex) else None


def held(subject: Subject, entry: Input, like: Tensor) -> Tensor:
    """A typical value of an input in the shape of another tensor: 0, or what lies nearest to it inside the domain."""
    value = 0.0
    if isinstance(entry.domain, Real):
        low, high = ends(entry.domain.at(subject.parameters))
        value = 0.0 if low <= 0 <= high and not (low == 0 and high > 0) else min(max(low, 1.0), high)
    elif isinstance(entry.domain, Probability):
        value = 0.5
    dtype = torch.int64 if entry.dtype == "int64" else torch.float64
    return torch.full(like.shape, value, dtype=dtype)


def ends(interval: Interval) -> tuple[float, float]:
    """A stretch of an interval that a picture can show: at most ``REACH`` to both sides of 0 or from its end."""
    low, high = interval.low, interval.high
    if math.isfinite(low) and math.isfinite(high):
        return low, high
    if math.isfinite(low):
        return low + (0.0 if interval.includes_low else NEAR), low + REACH
    if math.isfinite(high):
        return high - REACH, high - (0.0 if interval.includes_high else NEAR)
    return -REACH, REACH


def words(entry: Input) -> str:
    """An input's name with its meaning."""
    return f"{entry.name}: {entry.meaning}" if entry.meaning else entry.name


def rest(subject: Subject, taken: tuple[str, ...], like: Tensor) -> Data:
    """Typical values for required inputs of the same shape as ``like`` that a view does not name itself."""
    return {i.name: held(subject, i, like) for i in required(subject.spec) if i.name not in taken}
