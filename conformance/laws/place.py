"""Laws of one place: the value there is zero, or no greater than anywhere else."""

from __future__ import annotations

import random
from typing import ClassVar

import torch
from torch import Tensor

from losskit.conformance.laws.analytic import sizes_of
from losskit.conformance.laws.base import Law, Sides, normal, uniform
from losskit.conformance.laws.relation import TENSORS
from losskit.conformance.search.inputs import MILD
from losskit.conformance.subject import Data, Subject
from losskit.spec.expressions import Expression, Scalar, evaluate
from losskit.spec.properties import DivergenceAxioms, MinimisedAt, ZeroAt

FAR = 1e6  # as good as infinity
NEAR = 1e-5  # how close to its limit the value must be there


class AtPlace(Law):
    """What laws of one place share."""

    claimed: ZeroAt | MinimisedAt | DivergenceAxioms
    scales: ClassVar[tuple[float, ...]] = MILD

    @property
    def where(self) -> dict[str, Scalar]:
        """The inputs that are set, each to an expression."""
        axioms = self.claimed
        return {axioms.of: axioms.origin} if isinstance(axioms, DivergenceAxioms) else axioms.where

    @property
    def attained(self) -> bool:
        """Whether the place is one, and none at infinity."""
        return isinstance(self.claimed, DivergenceAxioms) or self.claimed.reach == "attained"

    def applies(self, subject: Subject, data: Data) -> str:
        used = [e.symbols() for e in self.where.values() if isinstance(e, Expression)]
        absent = [i.name for i in subject.spec.inputs if data.get(i.name) is None and any(i.name in u for u in used)]
        return f"the optional input {absent[0]} is absent" if absent else super().applies(subject, data)

    def placed(self, subject: Subject, data: Data, times: float | None = None) -> Data:
        """The inputs with those that the place names put there; an unattained place is so many times its direction."""
        known = {**subject.parameters, **sizes_of(subject, data), **data}
        length = 1.0 if self.attained else times or FAR
        found = dict(data)
        for name, given in self.where.items():
            like: Tensor = data[name]
            value = length * torch.as_tensor(evaluate(given, known, TENSORS), device=like.device).to(like.dtype)
            found[name] = value.reshape(like.shape) if value.numel() == like.numel() else value.expand(like.shape)
        return found

    @property
    def accuracy(self) -> float:
        """Relative tolerance: of rounding where the place is attained, else of the limit."""
        return 1e-9 if self.attained else NEAR


class Zero(AtPlace):
    """``l = 0`` at the place."""

    detail = "the size of the value at the place, and zero"

    def sides(self, subject: Subject, data: Data) -> Sides:
        there = self.placed(subject, data)
        found = subject.read(there)
        left = found.entries.abs().amax(1)
        return Sides(left, torch.zeros_like(left), noise=found.noise, rtol=self.accuracy)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return tuple(n for n in super().moving(subject, data) if n not in self.subjects)


class Least(AtPlace):
    """The value at the place does not exceed the value elsewhere; ascent descends from there and from afar."""

    detail = "the value at the place, and elsewhere"

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        there = self.placed(subject, data, times=10 ** rng.uniform(-1, 2))
        return {**data, **{n: self._some_near(subject, data[n], there[n], n, rng) for n in self.subjects}}

    def _some_near(self, subject: Subject, drawn: Tensor, there: Tensor, name: str, rng: random.Random) -> Tensor:
        """Half of the cases close to the place, where a minimum that is none shows first."""
        near = there + 10 ** rng.uniform(-3, 0) * normal(drawn, rng)
        if subject.shares(name):
            return near if rng.random() < 0.5 else drawn
        chosen = uniform(drawn, rng, (len(drawn), *[1] * (drawn.dim() - 1)), 0, 1) < 0.5
        return torch.where(chosen, near, drawn)

    def sides(self, subject: Subject, data: Data) -> Sides:
        there, here = subject.read(self.placed(subject, data)), subject.read(data)
        return Sides(there.value, here.value, "at_most", noise=there.noise + here.noise, rtol=self.accuracy)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return self.subjects
