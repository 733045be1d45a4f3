"""Laws of upper bounds: a multiple of the loss is no less than the loss that is meant."""

from __future__ import annotations

import random
from typing import Any, ClassVar

import torch
from torch import Tensor

from losskit.conformance.laws.analytic import constant, sizes_of
from losskit.conformance.laws.base import Law, Sides
from losskit.conformance.laws.invariance import scores_of
from losskit.conformance.laws.relation import TENSORS, Related
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim, LossSpec
from losskit.spec.expressions import evaluate
from losskit.spec.properties import UpperBounds
from losskit.spec.tensors import Binary

REACHED = 0.99


class Above(Law):
    """What laws about upper bounds share."""

    claimed: UpperBounds
    detail = "the loss that is bounded, and the multiple of this one"

    def __init__(self, claim: Claim) -> None:
        super().__init__(claim)
        self.tight = REACHED if claim.verdict == "holds" and self.claimed.tight else None

    def bound(self, subject: Subject, data: Data) -> tuple[Tensor, Tensor]:
        """The multiple of the loss with the offset, and what rounding may do to it."""
        factor, offset = (constant(c, subject, data) for c in (self.claimed.factor, self.claimed.offset))
        found = subject.read(data)
        return factor * found.value + offset, abs(factor) * found.noise


class AboveErrors(Above):
    """``1[z_y <= max of the others] <= factor * l``."""

    def sides(self, subject: Subject, data: Data) -> Sides:
        name = scores_of(subject)
        right, noise = self.bound(subject, data)
        wrong, label, rival = self._wrong(subject, data)
        # at rows that are pushed until they err, the left side is 1 and ascent has a slope to follow
        pushed = {**data, name: torch.where(label, torch.minimum(data[name], rival), data[name])}
        most, more = self.bound(subject, pushed)
        errs = self._wrong(subject, pushed)[0]
        return Sides(torch.cat([wrong, errs]), torch.cat([right, most]), "at_most", noise=torch.cat([noise, more]))

    def concerns(self, spec: LossSpec) -> bool:
        return spec.binary_target() is None

    @staticmethod
    def _wrong(subject: Subject, data: Data) -> tuple[Tensor, Tensor, Tensor]:
        """Whether each row errs; the place of its label; the best score of another class, infinite for a single class."""
        scores: Tensor = data[scores_of(subject)]
        target = subject.spec.class_target()
        assert target is not None
        label = data[target.name].unsqueeze(-1) == torch.arange(scores.shape[-1], device=scores.device)
        rival = scores.masked_fill(label, -torch.inf).amax(-1, keepdim=True)
        own = scores.masked_fill(~label, -torch.inf).amax(-1, keepdim=True)
        wrong = (own <= rival).squeeze(-1).to(scores.dtype)
        return wrong, label, torch.where(rival.isinf(), torch.full_like(rival, torch.inf), rival)


class AboveSigns(Above):
    """``1[(2 t - 1) x <= 0] <= factor * l`` of one score x and a label t of 0 or 1."""

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        _, label = self._names(subject)
        return {**data, label: data[label].round()}

    def sides(self, subject: Subject, data: Data) -> Sides:
        score, label = self._names(subject)
        wrong = (2 * data[label] - 1) * data[score] <= 0
        # at scores that are pushed until they err, the left side is 1 and ascent has a slope to follow
        pushed = {**data, score: torch.where(wrong, data[score], torch.zeros_like(data[score]))}
        right, noise = self.bound(subject, data)
        most, more = self.bound(subject, pushed)
        left = torch.cat([wrong.to(right.dtype), torch.ones_like(right)])
        return Sides(left, torch.cat([right, most]), "at_most", noise=torch.cat([noise, more]))

    @staticmethod
    def _names(subject: Subject) -> tuple[str, str]:
        target = subject.spec.binary_target()
        assert target is not None
        return subject.spec.differentiable()[0], target.name

    def concerns(self, spec: LossSpec) -> bool:
        return spec.binary_target() is not None


class AboveMistakes(Above):
    """``1[margin <= 0] <= factor * l``."""

    def sides(self, subject: Subject, data: Data) -> Sides:
        assert self.claimed.margin is not None
        margin = evaluate(self.claimed.margin, {**subject.parameters, **sizes_of(subject, data), **data}, TENSORS)
        right, noise = self.bound(subject, data)
        return Sides((margin <= 0).to(right.dtype), right, "at_most", noise=noise)


class AboveArea(Above):
    """One minus the area under the ROC curve, ties counted as errors, is no more than ``factor * l``."""

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        name = self._scores(subject)
        return {**data, name: torch.zeros_like(data[name])} if rng.random() < 0.25 else data  # where bounds are reached

    @staticmethod
    def _scores(subject: Subject) -> str:
        return subject.spec.differentiable()[0]

    def sides(self, subject: Subject, data: Data) -> Sides:
        scores: Tensor = data[self._scores(subject)]
        target = next(i.name for i in subject.spec.inputs if isinstance(i.domain, Binary))
        given: Tensor | None = data.get(target)
        if given is None:  # the diagonal of a score matrix holds its positives
            given = torch.eye(*scores.shape, dtype=scores.dtype, device=scores.device)
        positive = given.flatten() == 1
        missed = scores.flatten()[positive].unsqueeze(1) <= scores.flatten()[~positive]
        share = missed.to(scores.dtype).mean() if missed.numel() else scores.new_zeros(())
        right, noise = self.bound(subject, data)
        return Sides(share.reshape(1), right, "at_most", noise=noise)


class AboveLoss(Related):
    """Another registered loss is no more than ``factor * l``."""

    claimed: Any
    detail = "the loss that is bounded, and the multiple of this one"
    scales: ClassVar[tuple[float, ...]] = (*Related.scales, 1e4)  # where a term that stays bounded no longer counts

    def __init__(self, claim: Claim) -> None:
        super().__init__(claim)
        self.tight = REACHED if claim.verdict == "holds" and self.claimed.tight else None

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        return data

    def sides(self, subject: Subject, data: Data) -> Sides:
        factor, offset = (constant(c, subject, data) for c in (self.claimed.factor, self.claimed.offset))
        found = subject.read(data)
        noise = (1 + abs(factor)) * found.noise
        return Sides(self.other_value(subject, data), factor * found.value + offset, "at_most", noise=noise)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return subject.spec.differentiable()


def above(claim: Claim) -> list[Law]:
    """The law of the target that is bounded."""
    bound = claim.property
    assert isinstance(bound, UpperBounds)
    if bound.target == "one_minus_auc":
        return [AboveArea(claim)]
    if bound.target == "zero_one":
        return [AboveErrors(claim), AboveSigns(claim)] if bound.margin is None else [AboveMistakes(claim)]
    return [AboveLoss(claim)]
