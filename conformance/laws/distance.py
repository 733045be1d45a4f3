"""The law of distances: no way over a third point is shorter."""

from __future__ import annotations

import random
from typing import ClassVar

import torch

from losskit.conformance.laws.base import Law, Sides, normal, uniform
from losskit.conformance.search.inputs import MILD
from losskit.conformance.subject import Data, Subject
from losskit.spec.properties import TriangleInequality


class Detour(Law):
    """``l(a, c) <= l(a, b) + l(b, c)``."""

    claimed: TriangleInequality
    detail = "the value, and the sum of the values over a third point"
    scales: ClassVar[tuple[float, ...]] = MILD
    ends: ClassVar[tuple[str, ...]] = ("", "_")

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        start, end = data[self.claimed.a], data[self.claimed.b]
        between = torch.lerp(start, end, uniform(start, rng, tuple(start.shape), 0, 1))
        aside = normal(start, rng) * (end - start) * 10 ** rng.uniform(-3, 0.5)
        return {**data, self._third: between + aside}

    @property
    def _third(self) -> str:
        return f"_{self.claimed.a}"

    def sides(self, subject: Subject, data: Data) -> Sides:
        there, back = {**data, self.claimed.b: data[self._third]}, {**data, self.claimed.a: data[self._third]}
        whole, first, second = (subject.read(d, self.subjects) for d in (data, there, back))
        noise = whole.noise + first.noise + second.noise
        return Sides(whole.value, first.value + second.value, "at_most", noise=noise)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return (*self.subjects, self._third)
