"""Laws beside convexity: strict convexity along the flattest direction, quasi-convexity, and concavity."""

from __future__ import annotations

import random
from typing import ClassVar

import torch
from torch import Tensor

from losskit.conformance.laws.analytic import Jensen
from losskit.conformance.laws.base import Law, Sides, beside, normal, uniform
from losskit.conformance.laws.growth import flatten, one_case
from losskit.conformance.search.domains import project
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim, Interval
from losskit.spec.tensors import Real

FLAT = 1e-9  # a gap of Jensen's inequality below this share of the squared length is none
FADED = 1e-2  # the share of FLAT that a saturating loss still has behind the edge of what looks flat, and a flat piece has not
BEHIND = 1.01  # how far behind that edge a segment is judged, clear of a kink that its end still touches
HALVINGS = 40  # of the way in which the edge is sought
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
    """On short segments the gap of Jensen's inequality is no less than a tiny share of the squared length.

    A flat piece may begin far out, where a saturating loss is flat to rounding, too. A segment that is flat out there is
    moved towards the origin to the edge of what is flat: there the gap of a saturating loss is as large as counts, while
    the gap of a flat piece is none.
    """

    detail = "the least gap that counts, and the average at the ends less the value at the midpoint"
    scales: ClassVar[tuple[float, ...]] = (0.1, 0.3, 1.0, 10.0)

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        names = self.subjects
        drawn = {n: normal(data[n], rng) for n in names}
        flattest = self._flattest(subject, data)
        chance = flatten(subject, drawn, names)
        follow = uniform(chance, rng, (len(chance), 1), 0, 1) < 0.5
        direction = chance if flattest is None else torch.where(follow, flattest, chance)
        length = uniform(chance, rng, (len(chance), 1), 0.5, 2)
        step = length * direction / torch.linalg.vector_norm(direction, dim=1, keepdim=True).clamp(min=1e-300)
        steps = self._apart(data, step)
        share = beside(subject, names, "share")
        drawn = {
            **data,
            **{f"_{n}": data[n] + part for n, part in steps.items()},
            share: torch.full_like(step[:, 0], FLAT),
        }
        return self._at_the_edge(subject, drawn, steps, share)

    def _at_the_edge(self, subject: Subject, data: Data, steps: dict[str, Tensor], share: str) -> Data:
        """Flat segments moved to where flatness begins between a point of size one and where they were drawn."""
        alone = one_case(subject, self.subjects)
        names = [n for n in self._free(subject, data) if alone or not subject.shares(n)]
        if not names:
            return data

        def moved(to: Tensor) -> Data:
            placed = {**data, **{n: data[n] * to.view(-1, *[1] * (data[n].dim() - 1)) for n in names}}
            ends = {f"_{n}": placed[n] + step for n, step in steps.items()}
            return project(subject, {**placed, **ends}, self.ends)

        def flat(to: Tensor) -> Tensor:
            return self.sides(subject, moved(to)).ratio() > 1

        sizes = [data[n].detach().abs().reshape(1 if alone else len(data[n]), -1).amax(1) for n in names]
        near = 1 / torch.stack(sizes).amax(0).clamp(min=1.0)
        level = torch.where(flat(near), near, torch.ones_like(near))
        edge = flat(level) & (level > near)
        if not bool(edge.any()):
            return moved(level)
        bent = torch.where(edge, near, level)
        for _ in range(HALVINGS):
            mid = (bent + level) / 2
            found = flat(mid)
            bent, level = torch.where(found, bent, mid), torch.where(found, mid, level)
        level = torch.where(edge, level * BEHIND, level)
        return {**moved(level), share: torch.where(edge, FLAT * FADED, data[share])}

    @staticmethod
    def _free(subject: Subject, data: Data) -> list[str]:
        """The inputs that may lie anywhere, and so be moved towards the origin."""
        real = [(i.name, i.domain) for i in subject.spec.inputs if isinstance(i.domain, Real) and i.domain.span is None]
        return [n for n, domain in real if data.get(n) is not None and domain.at(subject.parameters) == Interval()]

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
        return Sides(data[beside(subject, names, "share")] * length, total, "at_most", noise=blur, scale=0.0)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return ()  # ascent would run to where the loss saturates; the Hessian knows the flattest direction


def strict(claim: Claim) -> list[Law]:
    """Short segments that must bend, and long ones, with ascent, that must not bend the other way."""
    return [Bent(claim), Jensen(claim)]
