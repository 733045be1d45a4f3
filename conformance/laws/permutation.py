"""The law of reorderings: of a batch, of classes, of points and of sets."""

from __future__ import annotations

import random

import torch
from torch import Tensor

from losskit.conformance.laws.base import Law, Sides, positions, span, uniform
from losskit.conformance.laws.invariance import close, scores_of
from losskit.conformance.subject import Data, Subject
from losskit.spec import LossSpec
from losskit.spec.coupling import batch_symbol
from losskit.spec.properties import PermutationInvariant
from losskit.spec.tensors import ClassIndex, Distribution


class Permutation(Law):
    """Values after reordering equal the reordered values."""

    claimed: PermutationInvariant
    detail = "the value after the reordering, and before"

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        axis = self._axis(subject)
        count = next(self._size(subject, n, axis, data) for n in data if self._has(subject, n, axis))
        keys = uniform(torch.empty(0, dtype=torch.float64), rng, (count,), 0, 1)  # sorting them gives the order
        if count > 1 and (keys.argmin() == 0 or keys.argmax() == count - 1):  # places that code treats apart must move
            keys[[0, -1]] = keys[[-1, 0]]
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
