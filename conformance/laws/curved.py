"""Laws beside convexity: strict convexity along the flattest direction, quasi-convexity, and concavity."""

from __future__ import annotations

import random
from typing import ClassVar

import torch
from torch import Tensor

from losskit.conformance.laws.analytic import Jensen
from losskit.conformance.laws.base import Sides, normal, uniform
from losskit.conformance.laws.growth import flatten, one_case
from losskit.conformance.subject import Data, Subject

FLAT = 1e-9  # a gap of Jensen's inequality below this share of the squared length is none
WIDEST = 32  # entries of the inputs up to which a Hessian is formed


class Level(Jensen):
    """``l((a + b) / 2) <= max(l(a), l(b))`` in the named inputs jointly."""

    detail = "the value at the midpoint, and the larger one at the ends"

    def sides(self, subject: Subject, data: Data) -> Sides:
        mid, ends, noise = self.segment(subject, data)
        return Sides(mid, torch.maximum(*ends), "at_most", noise=noise)


class Arch(Jensen):
    """``(l(a) + l(b)) / 2 <= l((a + b) / 2)`` in the named inputs jointly."""

    detail = "the average at the ends, and the value at the midpoint"

    def sides(self, subject: Subject, data: Data) -> Sides:
        mid, (one, other), noise = self.segment(subject, data)
        return Sides((one + other) / 2, mid, "at_most", noise=noise)


class Bent(Jensen):
    """On short segments the gap of Jensen's inequality is no less than a tiny share of the squared length."""

    detail = "the least gap that counts, and the average at the ends less the value at the midpoint"
    scales: ClassVar[tuple[float, ...]] = (0.1, 0.3, 1.0)

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        names = self.subjects
        drawn = {n: normal(data[n], rng) for n in names}
        flattest = self._flattest(subject, data)
        chance = flatten(subject, drawn, names)
        follow = uniform(chance, rng, (len(chance), 1), 0, 1) < 0.5
        direction = chance if flattest is None else torch.where(follow, flattest, chance)
        length = uniform(chance, rng, (len(chance), 1), 0.5, 2)
        step = length * direction / torch.linalg.vector_norm(direction, dim=1, keepdim=True).clamp(min=1e-300)
        return {**data, **{f"_{n}": data[n] + part for n, part in self._apart(data, step).items()}}

    def _apart(self, data: Data, rows: Tensor) -> dict[str, Tensor]:
        """Rows of all entries side by side, taken apart into the shapes of the inputs."""
        found, start = {}, 0
        for name in self.subjects:
            width = data[name].numel() // len(rows)
            found[name] = rows[:, start : start + width].reshape(data[name].shape)
            start += width
        return found

    def _flattest(self, subject: Subject, data: Data) -> Tensor | None:
        """The eigenvector of the Hessian's smallest eigenvalue for each case; None where it is too wide to form."""
        names = self.subjects
        held = {**data, **{n: data[n].detach().requires_grad_() for n in names}}
        gradient = flatten(subject, subject.gradients(held, names, create_graph=True), names)
        if gradient.shape[1] > WIDEST or not gradient.requires_grad:
            return None
        rows = []
        for column in gradient.unbind(1):
            second = torch.autograd.grad(
                column.sum(), [held[n] for n in names], retain_graph=True, allow_unused=True, materialize_grads=True
            )
            rows.append(flatten(subject, dict(zip(names, second, strict=True)), names))
        hessian = torch.stack(rows, dim=1)
        finite = hessian.isfinite().flatten(1).all(1)
        hessian = torch.where(finite.view(-1, 1, 1), hessian, torch.zeros_like(hessian))
        vectors: Tensor = torch.linalg.eigh(hessian).eigenvectors
        return vectors[:, :, 0]

    def sides(self, subject: Subject, data: Data) -> Sides:
        names = self.subjects
        mid, ends, noise = self.segment(subject, data)
        length = flatten(subject, {n: data[f"_{n}"] - data[n] for n in names}, names).square().sum(1)
        alone = one_case(subject, names)
        gap = (ends[0] + ends[1]) / 2 - mid
        total = gap.sum().reshape(1) if alone else gap
        blur = noise.sum().reshape(1) if alone else noise
        return Sides(FLAT * length, total, "at_most", noise=blur, scale=0.0)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return ()  # ascent would run to where the loss saturates; the Hessian knows the flattest direction
