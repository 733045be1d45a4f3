"""Laws of the invariances: the value after a transformation of the inputs against the value before."""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor

from losskit.conformance.laws.base import Law, Sides, beside, normal, positions, uniform
from losskit.conformance.subject import Data, Subject
from losskit.spec import LossSpec
from losskit.spec.properties import (
    RESOLUTION,
    AffineInvariant,
    ArgumentSymmetric,
    Homogeneous,
    LabelSymmetric,
    ScaleInvariant,
    ShiftInvariant,
)
from losskit.spec.tensors import ClassIndex


class Transformed(Law):
    """The value of transformed inputs equals the value of the inputs."""

    detail = "the value after the transformation, and before"

    @abstractmethod
    def transform(self, subject: Subject, data: Data) -> tuple[Subject, Data]:
        """The transformed loss and inputs."""

    def sides(self, subject: Subject, data: Data) -> Sides:
        other, changed = self.transform(subject, data)
        after, before = other.read(changed), subject.read(data)
        return Sides(after.value, before.value, noise=before.noise + after.noise)


class Shift(Transformed):
    """``l(z + c 1, y) = l(z, y)``."""

    claimed: ShiftInvariant | AffineInvariant

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        first = data[self.subjects[0]]
        shape = list(first.shape)
        for place in positions(subject, self.subjects[0], self.claimed.axis, data):
            shape[place] = 1
        return {**data, self._name(subject): 3 * normal(first, rng, tuple(shape))}

    def _name(self, subject: Subject) -> str:
        return beside(subject, self.subjects, "shift")

    def transform(self, subject: Subject, data: Data) -> tuple[Subject, Data]:
        shift = data[self._name(subject)]
        return subject, {**data, **{name: data[name] + shift for name in self.subjects}}

    def sides(self, subject: Subject, data: Data) -> Sides:
        # entries closer than the shift resolves become equal: they must be so before it, too, where the order counts
        shift = data[self._name(subject)]
        return super().sides(subject, {**data, **{name: (data[name] + shift) - shift for name in self.subjects}})

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return (*super().moving(subject, data), self._name(subject))


class Scale(Transformed):
    """``l(a z) = l(z)`` for positive a, or negative a where the property says so."""

    claimed: ScaleInvariant | AffineInvariant

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        first = data[self.subjects[0]]
        shape = list(first.shape)
        for place in positions(subject, self.subjects[0], self.claimed.axis, data):
            shape[place] = 1
        factor = 10 ** uniform(first, rng, tuple(shape), -1, 1)
        return {**data, self._name(subject): -factor if self._negative() else factor}

    def _negative(self) -> bool:
        return isinstance(self.claimed, ScaleInvariant) and self.claimed.factor == "negative"

    def _name(self, subject: Subject) -> str:
        return beside(subject, self.subjects, "factor")

    def transform(self, subject: Subject, data: Data) -> tuple[Subject, Data]:
        factor = data[self._name(subject)]
        return subject, {**data, **{name: data[name] * factor for name in self.subjects}}


def _with_parameters(subject: Subject, names: tuple[str, ...], change: Any) -> Subject:
    """The loss with parameters changed, lists of numbers entry by entry."""
    given = {n: subject.parameters[n] for n in names if subject.spec.input(n) is None}
    chosen = {n: [change(e) for e in v] if isinstance(v, list | tuple) else change(v) for n, v in given.items()}
    return subject.replace(**chosen) if chosen else subject


class Homogeneity(Transformed):
    """``l(a z) = a^k l(z)`` for a > 0, inputs and parameters scaled together."""

    claimed: Homogeneous
    detail = "the value of scaled inputs, and the scaled value"
    scales: ClassVar[tuple[float, ...]] = (0.1, 1.0, 3.0, 10.0)

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        return {**data, "_factor": 10 ** rng.uniform(-1, 1)}

    def transform(self, subject: Subject, data: Data) -> tuple[Subject, Data]:
        factor = data["_factor"]
        inputs = {n: data[n] * factor for n in self.subjects if n in data}
        return _with_parameters(subject, self.subjects, lambda v: v * factor), {**data, **inputs}

    def sides(self, subject: Subject, data: Data) -> Sides:
        both = super().sides(subject, data)
        grown = data["_factor"] ** self.claimed.degree
        return Sides(both.left, grown * both.right, noise=both.noise * max(1.0, grown))


class Translation(Transformed):
    """The same vector added to all named inputs, or the same number where they are no vectors or parameters are named."""

    scales: ClassVar[tuple[float, ...]] = (0.1, 1.0, 3.0, 10.0)

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        width = self._width(subject)
        if not width:
            return {**data, "__shift": rng.gauss(0, 3)}
        first = data[self.subjects[0]]
        return {**data, "__shift": 3 * normal(first, rng, first.shape[-1:])}

    def _width(self, subject: Subject) -> str:
        """The shape symbol that all named inputs end with beside that of the batch; empty where they are no vectors."""
        entries = [subject.spec.input(name) for name in self.subjects]
        last = {entry.shape[-1] if entry is not None and len(entry.shape) > 1 else "" for entry in entries}
        symbol = last.pop() if len(last) == 1 else ""
        return "" if symbol.startswith("*") else symbol

    def transform(self, subject: Subject, data: Data) -> tuple[Subject, Data]:
        shift = data["__shift"]
        inputs = {n: data[n] + shift for n in self.subjects if n in data}
        return _with_parameters(subject, self.subjects, lambda v: v + shift), {**data, **inputs}


class Rotation(Transformed):
    """One orthogonal map on the last axis of all named inputs."""

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        first = data[self.subjects[0]]
        width = first.shape[-1]
        orthogonal, upper = torch.linalg.qr(normal(first, rng, (width, width)))
        return {**data, "__rotation": orthogonal * torch.sign(torch.diagonal(upper))}

    def transform(self, subject: Subject, data: Data) -> tuple[Subject, Data]:
        return subject, {**data, **{name: data[name] @ data["__rotation"] for name in self.subjects}}

    def sides(self, subject: Subject, data: Data) -> Sides:
        both = super().sides(subject, data)
        # a product of a row with a matrix mixes its entries: what rounds is the largest of them
        mixing = max(data[name].shape[-1] for name in self.subjects)
        return Sides(both.left, both.right, noise=both.noise * mixing)


class Exchange(Transformed):
    """``l(a, b) = l(b, a)``."""

    claimed: ArgumentSymmetric

    def transform(self, subject: Subject, data: Data) -> tuple[Subject, Data]:
        a, b = self.claimed.a, self.claimed.b
        return subject, {**data, a: data[b], b: data[a]}


def scores_of(subject: Subject) -> str:
    """The input that holds a score for each class."""
    target = subject.spec.class_target()
    axis = getattr(target.domain, "of", None) if target else None
    return next(i.name for i in subject.spec.inputs if i.differentiable and axis in i.shape)


def close(scores: Tensor) -> Tensor:
    """Rows in which two scores are closer than the vocabulary calls distinct."""
    return (scores.sort(dim=-1).values.diff(dim=-1) < RESOLUTION).any(dim=-1)


class LabelSum(Law):
    """``sum_y l(z, y)`` is the same for two rows z."""

    claimed: LabelSymmetric
    detail = "the sum over labels at one row of scores, and at another"
    ties: ClassVar[float] = 0.0
    scales: ClassVar[tuple[float, ...]] = (0.3, 1.0, 3.0, 10.0, 100.0)

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        scores = data[self._scores(subject)]
        return {**data, "_other": 3 * normal(scores, rng)}

    def concerns(self, spec: LossSpec) -> bool:
        return spec.binary_target() is None

    def _scores(self, subject: Subject) -> str:
        return scores_of(subject)

    def labelled(self, subject: Subject, data: Data, scores: Tensor) -> Iterator[Data]:
        """The scores with each label in turn."""
        target = subject.spec.class_target()
        assert target is not None
        assert isinstance(target.domain, ClassIndex)
        for label in range(target.domain.classes(scores.shape[1])):
            yield {**data, self._scores(subject): scores, target.name: torch.full_like(data[target.name], label)}

    def _sum(self, subject: Subject, data: Data, scores: Tensor) -> tuple[Tensor, Tensor]:
        name = self._scores(subject)
        total, noise = torch.zeros_like(scores[:, 0]), torch.zeros_like(scores[:, 0])
        for labelled in self.labelled(subject, data, scores):
            found = subject.read(labelled, (name,))
            total, noise = total + found.value, noise + found.noise
        return total, noise

    def sides(self, subject: Subject, data: Data) -> Sides:
        one, noise = self._sum(subject, data, data[self._scores(subject)])
        other, more = self._sum(subject, data, data["_other"])
        if self.claimed.region == "distinct":
            tied = close(data[self._scores(subject)]) | close(data["_other"])
            one = torch.where(tied, other, one)
        return Sides(one, other, noise=noise + more)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return (self._scores(subject), "_other")
