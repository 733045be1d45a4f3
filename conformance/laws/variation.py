"""The law of functionals: what a variation of the curve does to the value is an integral with another loss's values."""

from __future__ import annotations

import math
import random
from typing import ClassVar

import torch
from torch import Tensor

from losskit.conformance.laws.analytic import constant
from losskit.conformance.laws.base import Sides
from losskit.conformance.laws.relation import Related
from losskit.conformance.subject import Data, Subject
from losskit.registry import get
from losskit.spec import LossSpec
from losskit.spec.properties import FirstVariation

NODES = 512  # of the trapezoid rule, which is as good as exact for what vanishes at the ends along with its derivatives
FLAT = 12  # power of the cosine by which variations vanish there


class Variation(Related):
    """Gradients along a variation and its slope add up to the integral.

    A case is a curve, ``level + height sinh(bend u) / bend``, and a wave under a bell, for u in [-1, 1].
    """

    claimed: FirstVariation
    detail = "the slope of the value along a smooth variation, and the integral of the variation with the other loss"
    wants: ClassVar[str] = "one value for all nodes of a curve"

    def concerns(self, spec: LossSpec) -> bool:
        """Samples that stand alone are no nodes of one curve."""
        return spec.coupling is not None

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        level, height, bend = rng.gauss(0, 1), 10 ** rng.uniform(-1, 0.5), 10 ** rng.uniform(-1, 0.3)
        drawn = (level, height, bend, rng.uniform(-3, 3), rng.uniform(0, 2 * math.pi))
        others = {name: value for name, value in data.items() if name not in self.subjects}
        return {**others, "__curve": torch.tensor(drawn, dtype=subject.dtype, device=subject.device)}

    def sides(self, subject: Subject, data: Data) -> Sides:
        scale = constant(self.claimed.scale, subject, data)
        slope, integral, noise = self._both(subject, data, NODES)
        coarse_slope, coarse_integral, _ = self._both(subject, data, NODES // 2)
        lost = (coarse_slope - slope).abs() + abs(scale) * (coarse_integral - integral).abs()
        return Sides(slope, scale * integral, noise=noise + lost, scale=0.0)

    def _both(self, subject: Subject, data: Data, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """The slope of the value, the integral, and what rounding may do to them, each (1,)."""
        of, slope, weights = self.subjects
        level, height, bend, wave, phase = data["__curve"].unbind()
        u = torch.arange(1, count, dtype=subject.dtype, device=subject.device) * (2 / count) - 1
        even = torch.full_like(u, 2 / count)
        curve = {of: level + height * (bend * u).sinh() / bend, slope: height * (bend * u).cosh()}
        moved, turned = _variation(u, wave, phase)
        gradients = subject.gradients({**data, **curve, weights: even}, (of, slope))
        other = Subject(
            get(self.claimed.other), self.other_parameters(subject.parameters), subject.device, subject.dtype
        )
        values = other.call({**data, **curve, self.claimed.bend: height * bend * (bend * u).sinh()})
        parts = torch.stack([gradients[of] * moved, gradients[slope] * turned, even * moved * values])
        noise = 64 * torch.finfo(subject.dtype).eps * parts.abs().sum()
        return parts[:2].sum().reshape(1), parts[2].sum().reshape(1), noise.reshape(1)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return ()  # an equation that is false for some curve is false for nearly every one


def _variation(u: Tensor, wave: Tensor, phase: Tensor) -> tuple[Tensor, Tensor]:
    """A wave under a bell that ends flat at -1 and 1, and its derivative."""
    arc, inner = math.pi / 2 * u, wave * u + phase
    bell, fall = arc.cos() ** FLAT, -FLAT * math.pi / 2 * arc.cos() ** (FLAT - 1) * arc.sin()
    return bell * inner.cos(), fall * inner.cos() - wave * bell * inner.sin()
