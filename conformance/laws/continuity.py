"""Continuity: a segment is halved towards what differs most, and a jump is what is left of the difference."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from losskit.conformance.laws.analytic import Jensen
from losskit.conformance.laws.base import Sides
from losskit.conformance.laws.growth import measured, one_case, values
from losskit.conformance.search.inputs import MODERATE
from losskit.conformance.subject import Data, Subject

HALVINGS = 40
LEFT = 1e-3  # share of the difference that may be left: a cube root of the distance leaves a ten thousandth


class Unbroken(Jensen):
    """Of the difference between two points nearly nothing is left once the segment is all but a point."""

    detail = "the difference left at the end of the halvings, and the share of the largest one that may be left"
    scales: ClassVar[tuple[float, ...]] = MODERATE

    def sides(self, subject: Subject, data: Data) -> Sides:
        near = {n: data[n].detach() for n in self.subjects}
        far = {n: data[f"_{n}"].detach() for n in self.subjects}
        with torch.no_grad():
            one, other = (values(subject, {**data, **at}, self.subjects) for at in (near, far))
            most = _apart(one, other)  # none where both ends lie level, whatever is between
            for _ in range(HALVINGS):
                mid = {n: (near[n] + far[n]) / 2 for n in self.subjects}
                between = values(subject, {**data, **mid}, self.subjects)
                ahead = _apart(one, between) >= _apart(between, other)
                near = {n: self._chosen(subject, ahead, near[n], mid[n]) for n in self.subjects}
                far = {n: self._chosen(subject, ahead, mid[n], far[n]) for n in self.subjects}
                one, other = torch.where(ahead, one, between), torch.where(ahead, between, other)
                most = torch.maximum(most, _apart(one, other))
        _, noise = measured(subject, subject.read({**data, **near}, self.subjects), self.subjects)
        return Sides(_apart(one, other), LEFT * most, "at_most", noise=2 * noise, scale=0.0)

    def _chosen(self, subject: Subject, which: Tensor, one: Tensor, other: Tensor) -> Tensor:
        """One tensor or the other for each case, or for all where a change concerns all."""
        alone = one_case(subject, self.subjects)
        return torch.where(which.view(()) if alone else which.view(-1, *[1] * (one.dim() - 1)), one, other)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return ()  # the height of a jump has no slope that leads to it


def _apart(one: Tensor, other: Tensor) -> Tensor:
    """Distances of values; none between two infinities of one sign."""
    return torch.where(one == other, torch.zeros_like(one), (one - other).abs())
