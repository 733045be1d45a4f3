"""The loss over all rows of three classes, the label fixed: on the simplex of probabilities or in the plane of scores."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor

from losskit.conformance.pictures.decisions import at_rows, class_count
from losskit.conformance.pictures.inputs import is_distribution, is_logarithm, predictions, required
from losskit.conformance.pictures.model import Surface
from losskit.conformance.subject import Data, Subject

SIDE = 30  # steps along an edge of the simplex
ACROSS = 25  # points along an edge of the plane of scores
INSIDE = 0.01  # how far the picture stays away from probabilities of 0
REACH = 4.0
SHIFTS = (1.7, -2.3)


def surface(subject: Subject, note: str = "") -> Surface | None:
    """The field of one setting; None where some value is not finite."""
    spec = subject.spec
    if len(required(spec)) > 1 and spec.class_target() is None:  # one row against another, and no label to fix
        return None
    entry = predictions(spec)[0]
    if class_count(subject, 3) != 3:  # the parameters are those of another number of classes
        return None

    def at(rows: Tensor) -> Data:
        return {entry.name: rows} if len(required(spec)) == 1 else at_rows(subject, entry.name, rows)

    if is_distribution(entry):
        return _field(subject, "simplex", _simplex(), at, note)
    if is_logarithm(entry) or _states_probabilities(subject, at):
        return _field(subject, "simplex", _simplex(), partial(_from_logarithms, at), note)
    return _field(subject, "scores", _plane(), at, note)


def _from_logarithms(at: Any, rows: Tensor) -> Data:
    data: Data = at(rows.log())
    return data


def _field(subject: Subject, plane: Literal["simplex", "scores"], rows: Tensor, at: Any, note: str) -> Surface | None:
    with torch.no_grad():
        value = _values(subject, rows, at)
    if not bool(value.isfinite().all()):
        return None
    return Surface(plane, rows, value, dict(subject.parameters), at, note)


def _values(subject: Subject, rows: Tensor, at: Any) -> Tensor:
    if subject.coupled:
        return torch.stack([subject.call(at(row), "mean") for row in rows.split(1)]).double().reshape(-1)
    return subject.value(at(rows)).double()


def _states_probabilities(subject: Subject, at: Any) -> bool:
    """Whether the value depends on the softmax alone: a number added to all scores changes nothing."""
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(16, 3, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        here = _values(subject, rows, at)
        return all(torch.allclose(here, _values(subject, rows + shift, at), rtol=1e-9, atol=1e-9) for shift in SHIFTS)


def _simplex() -> Tensor:
    """Points of a triangular grid, shape (n, 3); the first column is the label's probability."""
    counts = [(i, j, SIDE - i - j) for i in range(SIDE + 1) for j in range(SIDE + 1 - i)]
    return INSIDE / 3 + (1 - INSIDE) * torch.tensor(counts, dtype=torch.float64) / SIDE


def _plane() -> Tensor:
    """Scores that sum to 0: the label's above the mean of the others, and the difference of these two."""
    axis = torch.linspace(-REACH, REACH, ACROSS, dtype=torch.float64)
    above, apart = torch.meshgrid(axis, axis, indexing="ij")
    above, apart = above.reshape(-1), apart.reshape(-1)
    return torch.stack([2 * above / 3, -above / 3 + apart / 2, -above / 3 - apart / 2], 1)


def coordinates(found: Surface) -> tuple[Tensor, Tensor]:
    """Where the rows of a field lie in its plane; the label's corner of the simplex is on top."""
    first, second, third = found.rows.unbind(1)
    if found.plane == "simplex":
        return (third - second) / 2, first * 3**0.5 / 2
    return first - (second + third) / 2, second - third


def parameters_in_words(parameters: Mapping[str, Any], name: str) -> str:
    """One parameter with its value, for a legend."""
    value = parameters[name]
    return f"{name} = {value:g}" if isinstance(value, float) else f"{name} = {value}"
