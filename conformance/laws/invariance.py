"""Laws of the invariances: the value after a transformation of the inputs against the value before."""

from __future__ import annotations

import random
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor

from losskit.conformance.laws.base import Law, Sides, beside, normal, positions, span, uniform
from losskit.conformance.subject import Data, Subject
from losskit.spec import LossSpec
from losskit.spec.coupling import batch_symbol
from losskit.spec.properties import (
    RESOLUTION,
    AffineInvariant,
    ArgumentSymmetric,
    Homogeneous,
    LabelSymmetric,
    PermutationInvariant,
    ScaleInvariant,
    ShiftInvariant,
)
from losskit.spec.tensors import ClassIndex, Distribution


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
    """The same number added to all named inputs and parameters."""

    scales: ClassVar[tuple[float, ...]] = (0.1, 1.0, 3.0, 10.0)

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        return {**data, "_shift": rng.gauss(0, 3)}

    def transform(self, subject: Subject, data: Data) -> tuple[Subject, Data]:
        shift = data["_shift"]
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


class Permutation(Law):
    """Values after reordering equal the reordered values."""

    claimed: PermutationInvariant
    detail = "the value after the reordering, and before"

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        axis = self._axis(subject)
        count = next(self._size(subject, n, axis, data) for n in data if self._has(subject, n, axis))
        keys = uniform(torch.empty(0, dtype=torch.float64), rng, (count,), 0, 1)  # sorting them gives the order
        return {**data, self._name(subject): keys}

    def concerns(self, spec: LossSpec) -> bool:
        return self.claimed.over != "classes" or spec.binary_target(coupled=True) is None

    def _name(self, subject: Subject) -> str:
        return "_order" if self.claimed.over == "batch" and not subject.coupled else "__order"

    def _order(self, subject: Subject, data: Data) -> Tensor:
        return data[self._name(subject)].argsort().to(subject.device)  # type: ignore[no-any-return]

    def applies(self, subject: Subject, data: Data) -> str:
        axis = self._axis(subject)
        named = any(self._has(subject, n, axis) for n in data)
        alone = self.claimed.over == "set" and any(data.get(i.name) is None for i in subject.spec.inputs)
        if alone:
            return "positions have a meaning of their own where an input is absent"
        return super().applies(subject, data) if named else f"no input given has the axis {axis}"

    def _axis(self, subject: Subject) -> str:
        spec = subject.spec
        if self.claimed.over == "batch":
            return batch_symbol(spec)
        if self.claimed.over == "classes":
            target = spec.class_target()
            shares = [i.shape[-1] for i in spec.inputs if isinstance(i.domain, Distribution)]
            if target is None and not shares and not any(isinstance(i.domain, ClassIndex) for i in spec.inputs):
                return "C"  # one vector a class, and no sample that belongs to one
            return str(getattr(target.domain, "of", "")) if target else next(iter(shares), "ids")
        variadic = [s for s in spec.symbols() if s.startswith("*")]
        if self.claimed.over == "points" and not variadic:
            return spec.inputs[0].shape[-1]  # the items of a list
        return next(iter(variadic), "*")

    def _has(self, subject: Subject, name: str, axis: str) -> bool:
        entry = subject.spec.input(name)
        if entry is None:
            return False
        return axis in entry.shape or (axis == "ids" and isinstance(entry.domain, ClassIndex))

    def _size(self, subject: Subject, name: str, axis: str, data: Data) -> int:
        tensor: Tensor = data[name]
        if axis == "ids":
            return int(tensor.max()) - _least_id(tensor) + 1 if tensor.numel() else 1
        if axis.startswith("*"):
            first, last = span(subject, name, axis, tensor)
            return int(torch.tensor(tensor.shape[first:last]).prod())
        return tensor.shape[positions(subject, name, axis, data)[0]]

    def _reorder(self, subject: Subject, name: str, data: Data, axis: str) -> Tensor:
        tensor: Tensor = data[name]
        order = self._order(subject, data)
        domain = subject.input(name).domain
        if isinstance(domain, ClassIndex) and (domain.of == axis or axis == "ids"):
            one_channel = domain.binary_when_one and len(order) == 1
            least = _least_id(tensor) if axis == "ids" else 0
            # class k moves to where column k went
            return tensor if one_channel else torch.argsort(order)[tensor - least] + least
        if not self._has(subject, name, axis):
            return tensor
        if axis.startswith("*"):
            first, last = span(subject, name, axis, tensor)
            flat = tensor.flatten(first, last - 1) if last > first else tensor.unsqueeze(first)
            return flat.index_select(first, order).reshape(tensor.shape)
        return tensor.index_select(positions(subject, name, axis, data)[0], order)

    def transform(self, subject: Subject, data: Data) -> tuple[Subject, Data]:
        """The loss, and the inputs in another order."""
        axis = self._axis(subject)
        return subject, {
            n: self._reorder(subject, n, data, axis) if subject.spec.input(n) else v for n, v in data.items()
        }

    def sides(self, subject: Subject, data: Data) -> Sides:
        _, changed = self.transform(subject, data)
        found, after = subject.read(data), subject.value(changed)
        before, noise = found.value, found.noise
        order = self._order(subject, data)
        if self.claimed.over in ("batch", "set") and len(before) == len(order):
            before, noise = before.index_select(0, order), noise.index_select(0, order)
        if self.claimed.region == "distinct":
            scores = data[scores_of(subject)]
            tied = close(scores).reshape(len(scores), -1).any(dim=1)
            after = torch.where(tied if len(tied) == len(after) else tied.any(), before, after)
        return Sides(after, before, noise=noise)


def _least_id(ids: Tensor) -> int:
    """The least of some labels, or 0 where that is less: those that are only compared may be any integers."""
    return min(0, int(ids.min())) if ids.numel() else 0


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
