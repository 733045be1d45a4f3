"""Laws of differentiability: autograd against differences, and one-sided slopes against each other."""

from __future__ import annotations

import math
import random
from typing import ClassVar

import torch
from torch import Tensor

from losskit.conformance.laws.base import Law, Sides, normal, uniform
from losskit.conformance.laws.growth import flatten, measured, one_case, values
from losskit.conformance.search.inputs import MODERATE
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim, Interval
from losskit.spec.properties import Differentiable
from losskit.spec.tensors import Probability, Real

STEP = 1e-5
MARGIN = 1e3 * STEP  # between inputs and the ends of their domains
NEAR_ZERO = 1000 * STEP  # a value so small that the steps of a difference may reach the kink at 0
HALVINGS = 45  # of a segment: what is left of it is far shorter than a step


class Directional(Law):
    """What laws about slopes along a random direction share."""

    claimed: Differentiable
    scales: ClassVar[tuple[float, ...]] = MODERATE
    finest: ClassVar[float] = 100 * STEP

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        data = {**data, **{n: self._off_the_ends(subject, n, data[n]) for n in self.subjects}}
        directions = {f"_{n}": normal(data[n], rng) for n in self.subjects}
        length = torch.linalg.vector_norm(self._flat(subject, directions, "_"), dim=1)
        for name in self.subjects:
            tensor = directions[f"_{name}"]
            alone = one_case(subject, self.subjects)
            by_case = length.view(()) if alone else length.view(-1, *[1] * (tensor.dim() - 1))
            directions[f"_{name}"] = tensor / by_case
        return {**data, **directions}

    @staticmethod
    def _inside(subject: Subject, name: str) -> tuple[float, float]:
        """Between which numbers entries are so far inside that steps neither leave the interval nor see its end as a kink."""
        domain = subject.input(name).domain
        if isinstance(domain, Probability):
            return MARGIN, 1 - MARGIN
        interval = domain.at(subject.parameters) if isinstance(domain, Real) else Interval()
        return interval.low + MARGIN, interval.high - MARGIN

    def _off_the_ends(self, subject: Subject, name: str, tensor: Tensor) -> Tensor:
        low, high = self._inside(subject, name)
        return tensor if math.isinf(low) and math.isinf(high) else tensor.clamp(low, high)

    def _flat(self, subject: Subject, tensors: Data, prefix: str = "") -> Tensor:
        return flatten(subject, {n: tensors[prefix + n] for n in self.subjects}, self.subjects)

    def moved(self, data: Data, step: float) -> Data:
        """The inputs, moved along the direction."""
        return {**data, **{n: data[n] + step * data[f"_{n}"] for n in self.subjects}}

    def at(self, subject: Subject, data: Data) -> Tensor:
        """The value of each case."""
        return values(subject, data, self.subjects)

    def excluded(self, subject: Subject, data: Data) -> Tensor | None:
        """Cases outside the property's region."""
        if self.claimed.region == "positive":
            return self.at(subject, data).detach() < NEAR_ZERO
        if self.claimed.region != "distinct":
            return None
        # rows count as tied as soon as a step of the difference could reach the tie
        gaps: Tensor = data[self.subjects[0]].sort(-1).values.diff(dim=-1)
        return (gaps < 100 * STEP).any(-1)

    def clear(self, subject: Subject, data: Data, left: Tensor, right: Tensor) -> Tensor:
        """Left side with the excluded cases made to agree."""
        excluded = self.excluded(subject, data)
        if excluded is None:
            return left
        # of a coupled batch that is one case, any row excludes it
        return torch.where(excluded if len(excluded) == len(left) else excluded.any(), right, left)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return ()  # the step of a difference does not survive ascent; random directions do the work


class Slope(Directional):
    """The gradient along a direction equals the central difference."""

    detail = "the derivative along a direction, and the difference quotient"

    def sides(self, subject: Subject, data: Data) -> Sides:
        found = subject.read(data, self.subjects)
        value, noise = measured(subject, found, self.subjects)
        gradient = self._flat(subject, found.gradients)
        left = (gradient * self._flat(subject, data, "_")).sum(1)
        wide, narrow = self._quotient(subject, data, 2 * STEP), self._quotient(subject, data, STEP)
        right = narrow + (narrow - wide) / 3  # Richardson: the error of second order cancels
        rounding = 32 * torch.finfo(subject.dtype).eps / STEP * (1 + value.detach().abs())
        allowed = rounding + noise / STEP + (narrow - wide).abs()
        return Sides(self.clear(subject, data, left, right), right, noise=allowed, rtol=1e-6)

    def _quotient(self, subject: Subject, data: Data, step: float) -> Tensor:
        with torch.no_grad():
            ahead, behind = (self.at(subject, self.moved(data, side * step)) for side in (1, -1))
            return (ahead - behind) / (2 * step)


class Curvature(Slope):
    """The second derivative by double backward equals the difference of gradients."""

    detail = "the second derivative along a direction, and the difference quotient of the gradient"

    def sides(self, subject: Subject, data: Data) -> Sides:
        held = {**data, **{n: data[n].detach().requires_grad_() for n in self.subjects}}
        directions = self._flat(subject, data, "_")
        along = (self._flat(subject, subject.gradients(held, self.subjects, create_graph=True)) * directions).sum()
        if along.requires_grad:
            leaves = [held[n] for n in self.subjects]
            second = torch.autograd.grad(along, leaves, allow_unused=True, materialize_grads=True)
        else:  # a constant gradient has no graph
            second = tuple(torch.zeros_like(held[n]) for n in self.subjects)
        left = (self._flat(subject, dict(zip(self.subjects, second, strict=True))) * directions).sum(1)
        wide, narrow = self._gradient_quotient(subject, data, 2 * STEP), self._gradient_quotient(subject, data, STEP)
        right = narrow + (narrow - wide) / 3
        size = self._flat(subject, subject.gradients(data, self.subjects)).abs().sum(1)
        allowed = 256 * torch.finfo(subject.dtype).eps / STEP * (1 + size) + (narrow - wide).abs()
        return Sides(self.clear(subject, data, left, right), right, noise=allowed, rtol=1e-6)

    def _gradient_quotient(self, subject: Subject, data: Data, step: float) -> Tensor:
        ahead = self._flat(subject, subject.gradients(self.moved(data, step), self.subjects))
        behind = self._flat(subject, subject.gradients(self.moved(data, -step), self.subjects))
        return ((ahead - behind) * self._flat(subject, data, "_")).sum(1) / (2 * step)


class Kink(Directional):
    """The slopes ahead and behind agree at rows with ties and exact margins, where kinks sit."""

    detail = "the slope ahead, and the slope behind"
    ties: ClassVar[float] = 1.0

    def sides(self, subject: Subject, data: Data) -> Sides:
        here, allowed = measured(subject, subject.read(data, self.subjects), self.subjects)
        with torch.no_grad():
            jumps = [self._jump(subject, data, here, step) for step in (STEP, STEP / 2)]
            ahead = (self.at(subject, self.moved(data, STEP)) - here) / STEP
        # a smooth function's jump is proportional to the step: what remains of it at step 0 is a kink
        left = ahead
        right = ahead - (2 * jumps[1] - jumps[0])
        rounding = 8 * (32 * torch.finfo(subject.dtype).eps * (1 + here.abs()) + allowed) / STEP
        return Sides(self.clear(subject, data, left, right), right, noise=rounding, rtol=1e-4, scale=1e-3)

    def _jump(self, subject: Subject, data: Data, here: Tensor, step: float) -> Tensor:
        ahead, behind = (self.at(subject, self.moved(data, side * step)) for side in (1, -1))
        return (ahead - 2 * here + behind) / step


class SoughtKink(Kink):
    """The same where halving a segment leads: a kink lies anywhere, and the half in which the slope changes more has it.

    Half of the cases stay where they were drawn.
    """

    structured: ClassVar[float] = 0.5
    finest: ClassVar[float] = 0.0  # a kink may need numbers that small: singular values at a cutoff

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        drawn = super().prepare(subject, data, rng)
        near = torch.zeros_like(self.at(subject, data))
        far = torch.minimum(10 ** uniform(near, rng, tuple(near.shape), -1, 1), self._room(subject, drawn, near))
        ends = [self._slope(subject, drawn, near), self._slope(subject, drawn, far)]
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            slope = self._slope(subject, drawn, middle)
            first = (slope - ends[0]).abs() >= (slope - ends[1]).abs()
            near, far = torch.where(first, near, middle), torch.where(first, middle, far)
            ends = [torch.where(first, ends[0], slope), torch.where(first, slope, ends[1])]
        stays = uniform(near, rng, tuple(near.shape), 0, 1) < 0.5  # where ties and margins are exact
        return self._along(subject, drawn, near.masked_fill(stays, 0.0))

    def _room(self, subject: Subject, data: Data, like: Tensor) -> Tensor:
        """How many steps along its direction each case may go before an entry leaves its interval."""
        room = torch.full_like(like, torch.inf)
        for name in self.subjects:
            low, high = self._inside(subject, name)
            direction: Tensor = data[f"_{name}"]
            end = torch.where(direction > 0, torch.full_like(direction, high), torch.full_like(direction, low))
            steps = torch.where(direction == 0, torch.inf, (end - data[name]) / direction)
            least = steps.flatten(1).amin(1) if len(like) == len(steps) > 1 and steps.dim() > 1 else steps
            room = torch.minimum(room, least if least.shape == like.shape else least.amin())
        return room.clamp(min=0.0)

    def _along(self, subject: Subject, data: Data, steps: Tensor) -> Data:
        """The inputs, each case moved so many steps along its direction."""
        moved = {}
        for name in self.subjects:
            tensor: Tensor = data[f"_{name}"]
            by_case = steps.view(()) if len(steps) == 1 else steps.view(-1, *[1] * (tensor.dim() - 1))
            moved[name] = data[name] + by_case * tensor
        return {**data, **moved}

    def _slope(self, subject: Subject, data: Data, steps: Tensor) -> Tensor:
        """The slope along the direction so many steps away, a number a case."""
        gradient = self._flat(subject, subject.gradients(self._along(subject, data, steps), self.subjects))
        return (gradient * self._flat(subject, data, "_")).sum(1)


def smooth(claim: Claim) -> list[Law]:
    """Slopes that differences confirm, no kink and, from the second order on, curvature."""
    order = claim.property.order  # type: ignore[attr-defined]
    return [Slope(claim), Kink(claim)] if order == 1 else [Slope(claim), Kink(claim), Curvature(claim)]
