"""Laws of one score and a label 0 or 1, each beside the law of scores and class ids that says the same."""

from __future__ import annotations

import random

import torch
from torch import Tensor

from losskit.conformance.laws.base import Law, Sides, normal
from losskit.conformance.laws.invariance import LabelSum, Transformed
from losskit.conformance.laws.margin import Rivals
from losskit.conformance.laws.permutation import Permutation
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim, LossSpec
from losskit.spec.properties import RESOLUTION, LabelSymmetric


def score_and_label(spec: LossSpec) -> tuple[str, str]:
    """Names of the score and of its label."""
    target = spec.binary_target(coupled=True)
    assert target is not None
    return spec.differentiable()[0], target.name


class Exchanged(Transformed):
    """``l(-x, 1 - t) = l(x, t)``: the two classes change names."""

    detail = "the value of the opposite score and label, and of these"

    def transform(self, subject: Subject, data: Data) -> tuple[Subject, Data]:
        score, label = score_and_label(subject.spec)
        return subject, {**data, score: -data[score], label: 1 - data[label]}

    def concerns(self, spec: LossSpec) -> bool:
        of_classes = getattr(self.claimed, "over", "classes") == "classes"
        return of_classes and spec.binary_target(coupled=True) is not None


class Signs(Exchanged):
    """The same at labels of 0 and 1: the value is a function of the score times the label's sign."""

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        _, label = score_and_label(subject.spec)
        return {**data, label: data[label].round()}

    def concerns(self, spec: LossSpec) -> bool:
        return spec.binary_target() is not None


class SumOfBoth(Law):
    """``l(x, 0) + l(x, 1)`` is the same for two scores x."""

    claimed: LabelSymmetric
    detail = "the sum over both labels at one score, and at another"
    scales = LabelSum.scales

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        score, _ = score_and_label(subject.spec)
        return {**data, "_other": 3 * normal(data[score], rng)}

    def sides(self, subject: Subject, data: Data) -> Sides:
        score, label = score_and_label(subject.spec)
        at, labels = (data[score], data["_other"]), (torch.zeros_like(data[label]), torch.ones_like(data[label]))
        cases = [[{**data, score: x, label: t} for t in labels] for x in at]
        found = [[subject.read(case, (score,)) for case in both] for both in cases]
        one, other = (zero.value + first.value for zero, first in found)
        noise = torch.stack([reading.noise for both in found for reading in both]).sum(0)
        if self.claimed.region == "distinct":
            one = torch.where(_tied(at), other, one)
        return Sides(one, other, noise=noise)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return (score_and_label(subject.spec)[0], "_other")

    def concerns(self, spec: LossSpec) -> bool:
        return spec.binary_target() is not None


def _tied(scores: tuple[Tensor, ...]) -> Tensor:
    """Cases in which a score is too close to 0 for a decision."""
    return torch.stack([x.abs() < RESOLUTION for x in scores]).any(0)


def reordered(claim: Claim) -> list[Law]:
    """Any order of the whole, and single exchanges."""
    return [Permutation(claim), Exchanged(claim)]


def of_the_margin(claim: Claim) -> list[Law]:
    """Several classes and two."""
    return [Rivals(claim), Signs(claim)]


def label_symmetric(claim: Claim) -> list[Law]:
    """Class ids, and labels 0 and 1."""
    return [LabelSum(claim), SumOfBoth(claim)]
