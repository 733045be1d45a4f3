"""Laws of sign, bounds, convexity, growth and monotonicity."""

from __future__ import annotations

import random
from itertools import takewhile
from typing import ClassVar

import torch
from torch import Tensor

from losskit.conformance.laws.base import Law, Sides, normal, uniform
from losskit.conformance.search.domains import project
from losskit.conformance.search.parameters import fits, telling_values
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim
from losskit.spec.expressions import Scalar, evaluate
from losskit.spec.properties import Bounded, Monotone


def constant(value: Scalar, subject: Subject, data: Data) -> float:
    """A constant of a claim at these parameters and sizes."""
    given = {n: float(data[n].detach()) for n in subject.parameters if torch.is_tensor(data.get(n))}
    return float(evaluate(value, {**subject.parameters, **given, **sizes_of(subject, data)}))


def sizes_of(subject: Subject, data: Data) -> dict[str, int]:
    """Size of each shape symbol as the inputs have it."""
    found: dict[str, int] = {}
    for entry in subject.spec.inputs:
        tensor = data.get(entry.name)
        if tensor is None:
            continue
        for shape, lengths in ((entry.shape, tensor.shape), (entry.shape[::-1], tensor.shape[::-1])):
            ends = zip(shape, lengths, strict=False)
            # a variadic symbol stands for any number of axes
            found.update(takewhile(lambda pair: not pair[0].startswith("*"), ends))
    return found


class Sign(Law):
    """``0 <= l``."""

    detail = "minus the value, and zero"

    def sides(self, subject: Subject, data: Data) -> Sides:
        found = subject.read(data)
        left = -found.entries.amin(dim=1)
        return Sides(left, torch.zeros_like(left), "at_most", noise=found.noise)


class End(Law):
    """The value does not pass one end of its range, and comes within 1 % of it, or up to it where it is attained, if tight."""

    claimed: Bounded
    upper: bool = True

    def __init__(self, claim: Claim, upper: bool) -> None:
        super().__init__(claim)
        self.upper = upper
        if self.claimed.tight:
            self.tight = 0.99 if self.claimed.reach == "approached" else 1 - 1e-6
        self.detail = "the value, and its upper bound" if upper else "minus the value, and minus its lower bound"

    def _ends(self, subject: Subject, data: Data) -> tuple[float | None, float | None]:
        ends = (self.claimed.lower, self.claimed.upper)
        low, high = (None if end is None else constant(end, subject, data) for end in ends)
        return low, high

    def sides(self, subject: Subject, data: Data) -> Sides:
        low, high = self._ends(subject, data)
        found = subject.read(data)
        left = found.entries.amax(dim=1) if self.upper else -found.entries.amin(dim=1)
        end = high if self.upper else low
        assert end is not None
        right = torch.full_like(left, end if self.upper else -end)
        # of the range 1 % may be missing; where one end is claimed alone, of that end's own size
        span = high - low if low is not None and high is not None else max(1.0, abs(end))
        reached = 1 - (right - left).detach() / span if span > 0 else torch.full_like(left, torch.nan)
        return Sides(left, right, "at_most", noise=found.noise, reached=reached)


def both_ends(claim: Claim) -> list[Law]:
    """One law for each end of the range that is claimed."""
    bounded = claim.property
    assert isinstance(bounded, Bounded)
    return [End(claim, upper) for upper, end in ((False, bounded.lower), (True, bounded.upper)) if end is not None]


class Unbounded(Law):
    """Some finite number bounds the value: refuted where it outgrows a thousand times its usual size."""

    detail = "the size of the value, and a thousand times its usual size"
    scales: ClassVar[tuple[float, ...]] = (1.0, 10.0, 100.0, 1e4, 1e6, 1e8)

    def sides(self, subject: Subject, data: Data) -> Sides:
        left = subject.entries(data).abs().amax(dim=1)
        usual = 1 + left.detach().nan_to_num(posinf=0.0).clamp(max=10).median()
        return Sides(left, torch.full_like(left, 1e3) * usual, "at_most")


class Jensen(Law):
    """``l((a + b) / 2) <= (l(a) + l(b)) / 2`` in the named inputs jointly."""

    detail = "the value at the midpoint, and the average at the ends"
    scales: ClassVar[tuple[float, ...]] = (0.1, 1.0, 3.0, 10.0, 30.0, 100.0)
    ends: ClassVar[tuple[str, ...]] = ("", "_")

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        ends = {}
        for name in self.subjects:
            spread = data[name].abs().amax().clamp(min=1.0) if subject.shares(name) else self._row_scale(data[name])
            ends[f"_{name}"] = data[name] + spread * normal(data[name], rng) * 10 ** rng.uniform(-1, 0.5)
        return {**data, **ends}

    @staticmethod
    def _row_scale(tensor: Tensor) -> Tensor:
        return tensor.reshape(tensor.shape[0], -1).abs().amax(1).clamp(min=1.0).view(-1, *[1] * (tensor.dim() - 1))

    def segment(self, subject: Subject, data: Data) -> tuple[Tensor, tuple[Tensor, Tensor], Tensor]:
        """The value at the midpoint, the values at the ends, and what rounding may do to them."""
        far = {**data, **{n: data[f"_{n}"] for n in self.subjects}}
        mid = {**data, **{n: (data[n] + data[f"_{n}"]) / 2 for n in self.subjects}}
        one, other, between = (subject.read(d, self.subjects) for d in (data, far, mid))
        return between.value, (one.value, other.value), one.noise + other.noise + between.noise

    def sides(self, subject: Subject, data: Data) -> Sides:
        mid, (one, other), noise = self.segment(subject, data)
        return Sides(mid, (one + other) / 2, "at_most", noise=noise)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return (*self.subjects, *(f"_{n}" for n in self.subjects))


class Order(Law):
    """The value does not move against the direction when an entry grows."""

    claimed: Monotone
    detail = "the value on the side that should be smaller, and on the other"

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        name = self.claimed.on
        if subject.spec.input(name) is None:
            return {**data, "_parameter": self._greater(subject, data, rng)}
        step = uniform(data[name], rng, tuple(data[name].shape), 0, 1) * 10 ** rng.uniform(-2, 1)
        return {**data, "_step": step * self._part(subject, data)}

    def _greater(self, subject: Subject, data: Data, rng: random.Random) -> float:
        """A larger value of the parameter; the same one where there is none."""
        parameter = subject.spec.parameters.get(self.claimed.on)
        assert parameter is not None
        now = subject.parameters[self.claimed.on]
        near = (now + 1,) if parameter.kind == "int" else (now * 1.5, now + 0.1)
        drawn = telling_values(parameter, self.claim.when.get(self.claimed.on), rng)
        sizes = sizes_of(subject, data)
        larger = [
            v
            for v in (*drawn, *near)
            if v > now
            and v in parameter.domain
            and fits(subject.spec, {**subject.parameters, parameter.name: v}, sizes)
        ]
        found: float = rng.choice(larger) if larger else now
        return found

    def _part(self, subject: Subject, data: Data) -> Tensor:
        tensor: Tensor = data[self.claimed.on]
        if self.claimed.part == "all":
            return torch.ones_like(tensor)
        if self.claimed.part in ("positives", "negatives"):
            target = next((i.name for i in subject.spec.inputs if i.role == "target"), "")
            given: Tensor | None = data.get(target)
            if given is None:  # the diagonal of a score matrix holds its positives
                given = torch.eye(*tensor.shape[:2], dtype=tensor.dtype, device=tensor.device)
            return (given == (1 if self.claimed.part == "positives" else 0)).to(tensor)
        target_input = subject.spec.class_target()
        assert target_input is not None
        label: Tensor = (
            data[target_input.name].unsqueeze(-1) == torch.arange(tensor.shape[-1], device=tensor.device)
        ).to(tensor)
        return label if self.claimed.part == "label" else 1 - label

    def sides(self, subject: Subject, data: Data) -> Sides:
        name = self.claimed.on
        if subject.spec.input(name) is None:
            other, changed = subject.replace(**{name: data["_parameter"]}), data
        else:
            other, changed = subject, project(subject, {**data, name: data[name] + data["_step"]})
        before, after = subject.read(data), other.read(changed)
        noise = before.noise + after.noise
        if self.claimed.direction == "decreasing":
            return Sides(after.value, before.value, "at_most", noise=noise)
        return Sides(before.value, after.value, "at_most", noise=noise)
