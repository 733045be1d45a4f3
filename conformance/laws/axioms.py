"""The laws of divergences: never negative, zero at the origin, and nowhere else."""

from __future__ import annotations

import random

import torch
from torch import Tensor

from losskit.conformance.laws.analytic import Sign
from losskit.conformance.laws.base import Law, Sides, normal, uniform
from losskit.conformance.laws.place import AtPlace, Zero
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim
from losskit.spec.properties import DivergenceAxioms

FLAT = 1e-9  # a value below this share of the squared distance is zero


class Apart(AtPlace):
    """Away from the origin the value is no less than a tiny share of the squared distance; ascent descends on the value."""

    claimed: DivergenceAxioms
    detail = "the least value that counts at this distance from the origin, and the value"

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        name = self.claimed.of
        drawn: Tensor = data[name]
        origin = self.placed(subject, data)[name]
        # where an invariance puts further zeros: multiples of the origin, and what lies a constant beside it
        elsewhere = (
            origin + 10 ** rng.uniform(-3, 0) * normal(drawn, rng),
            10 ** rng.uniform(-0.7, 0.7) * origin,
            origin + rng.gauss(0, 2),
        )
        if subject.shares(name):
            return {**data, name: rng.choice((drawn, *elsewhere))}
        chance = uniform(drawn, rng, (len(drawn), *[1] * (drawn.dim() - 1)), 0, 6)  # half stay
        for number, place in enumerate(elsewhere):
            drawn = torch.where((chance >= number) & (chance < number + 1), place, drawn)
        return {**data, name: drawn}

    def sides(self, subject: Subject, data: Data) -> Sides:
        name = self.claimed.of
        # in the dtype that the loss reads, where points that round alike are one
        here, origin = (point[name].to(subject.dtype) for point in (data, self.placed(subject, data)))
        squared = (here - origin).square()
        shared = subject.shares(name)
        distance = squared.mean().reshape(1) if shared else squared.reshape(len(squared), -1).mean(1)
        found = subject.read(data)
        return Sides(FLAT * distance, found.value, "at_most", noise=found.noise, scale=0.0)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return self.subjects


def divergence(claim: Claim) -> list[Law]:
    """One law for each axiom."""
    return [Zero(claim), Apart(claim), Sign(claim)]
