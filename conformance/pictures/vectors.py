"""Paths of losses of vectors: angles between two or three, pairs in a batch by label, classes that spread."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from losskit.conformance.pictures.inputs import ids, is_binary, is_real, required
from losskit.conformance.pictures.model import Path
from losskit.conformance.subject import Data, Subject
from losskit.spec import LossSpec
from losskit.spec.tensors import Input

NEAR, FAR = 30.0, 60.0  # degrees from the anchor to what stays
LOW, HIGH = 0.5, 179.5  # degrees; at the ends angles have no slope
BY_ANGLE = ("metric_learning", "contrastive")
AXIS = "angle to the anchor, in degrees"


def is_vectors(spec: LossSpec) -> bool:
    """Two or three rows of vectors, and perhaps a label that says whether they belong together."""
    rows, others = _vectors(spec)
    return len(rows) in (2, 3) and rows[0].differentiable and len(others) <= 1 and all(map(is_binary, others))


def _vectors(spec: LossSpec) -> tuple[list[Input], list[Input]]:
    shown = required(spec)
    rows = [i for i in shown if is_real(i) and len(i.shape) == 2 and i.shape == shown[0].shape and i.role != "target"]
    return rows, [i for i in shown if i not in rows]


def vectors(subject: Subject) -> list[Path]:
    """The angle between two vectors for each label, or from the first of three to the second, and to the third."""
    rows, others = _vectors(subject.spec)
    single = subject.coupled

    def at(angles: Callable[[Tensor], tuple[Tensor, ...]], label: float, x: Tensor) -> Data:
        points = [_on_circle(angle) for angle in angles(x)]
        data = {row.name: point for row, point in zip(rows, points, strict=True)}
        return {**data, **{o.name: torch.full(x.shape, label, dtype=torch.float64) for o in others}}

    if len(rows) == 2:
        labels = (1.0, 0.0) if others else (1.0,)
        axis = f"angle between {rows[0].name} and {rows[1].name}, in degrees"
        return [
            Path(axis, LOW, HIGH, partial(at, _pair, label), f"label {label:g}" if others else "", single)
            for label in labels
        ]
    first, second = rows[1].name, rows[2].name
    return [
        Path(AXIS, LOW, HIGH, partial(at, _second_moved, 1.0), f"{first} moved, {second} at {FAR:g}°", single),
        Path(AXIS, LOW, HIGH, partial(at, _third_moved, 1.0), f"{second} moved, {first} at {NEAR:g}°", single),
    ]


def _on_circle(angle: Tensor) -> Tensor:
    radians = torch.deg2rad(angle)
    return torch.stack([radians.cos(), radians.sin()], -1)


def _pair(x: Tensor) -> tuple[Tensor, ...]:
    return torch.zeros_like(x), x


def _second_moved(x: Tensor) -> tuple[Tensor, ...]:
    return torch.zeros_like(x), x, torch.full_like(x, -FAR)


def _third_moved(x: Tensor) -> tuple[Tensor, ...]:
    return torch.zeros_like(x), torch.full_like(x, NEAR), -x


def is_pairs(spec: LossSpec) -> bool:
    """Vectors and labels that are only compared with each other."""
    return _labelled(spec) and (spec.coupling == "pairs" or spec.task in BY_ANGLE)


def is_clusters(spec: LossSpec) -> bool:
    """Vectors and labels whose classes are taken together."""
    return _labelled(spec)


def _labelled(spec: LossSpec) -> bool:
    shown = required(spec)
    if len(shown) != 2 or not is_real(shown[0]) or len(shown[0].shape) != 2:
        return False
    domain = ids(shown[1])
    return domain is not None and domain.of is None


def pairs(subject: Subject) -> list[Path]:
    """A batch of an anchor, its positive and a negative on a circle: one of the two is moved."""
    rows, labels = required(subject.spec)

    def at(angles: Callable[[Tensor], tuple[Tensor, ...]], x: Tensor) -> Data:
        points = _on_circle(torch.cat(angles(x)))
        return {rows.name: points, labels.name: torch.tensor([0, 0, 1])}

    return [
        Path(AXIS, LOW, HIGH, partial(at, _second_moved), f"positive moved, negative at {FAR:g}°", single=True),
        Path(AXIS, LOW, HIGH, partial(at, _third_moved), f"negative moved, positive at {NEAR:g}°", single=True),
    ]


def clusters(subject: Subject) -> list[Path]:
    """Three classes of three points around means on a circle, spread further and further."""
    rows, labels = required(subject.spec)
    means = _on_circle(torch.arange(3, dtype=torch.float64) * math.degrees(2 * math.pi / 3))

    def at(x: Tensor) -> Data:
        points = (means[:, None] + x.view(-1, 1, 1) * means[None, :].flip(1)).reshape(-1, 2)
        return {rows.name: points, labels.name: torch.arange(3).repeat_interleave(3)}

    return [Path("spread within classes, in radii of the circle of their means", 0.02, 1.5, at, single=True)]
