"""Losses and specs with one slip each: the harness must refute them with a witness, and leave the originals alone."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.report import Finding
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.plugins.classification.cross_entropy.loss import CrossEntropyLoss
from losskit.plugins.classification.ldr_kl.loss import LDRKLLoss
from losskit.plugins.classification.mae_classification.loss import MAEClassificationLoss
from losskit.plugins.classification.z_loss.loss import ZLoss
from losskit.plugins.metric_learning.multi_similarity.loss import MultiSimilarityLoss
from losskit.plugins.preference.dpo.loss import DPOLoss
from losskit.plugins.ranking.mann_whitney.loss import MannWhitneyLoss
from losskit.plugins.segmentation.dice.loss import DiceLoss
from losskit.spec import Above, AtLeast, Between, Claim, LossSpec
from losskit.spec.expressions import sqrt
from losskit.spec.properties import (
    Bounded,
    ClassificationCalibrated,
    Convex,
    LabelSymmetric,
    Lipschitz,
    Monotone,
    NonNegative,
    ScaleInvariant,
    ShiftInvariant,
)


class Negated(CompSumLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return -super().value(logits, target)


class WithoutScale(MAEClassificationLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(logits, target) / self.scale


class DetachedNormaliser(CompSumLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        normaliser = torch.logsumexp(logits, dim=-1).detach()
        surprise = normaliser - logits.gather(1, target[:, None]).squeeze(1)
        return surprise if self.tau == 1 else torch.expm1((1 - self.tau) * surprise) / (1 - self.tau)


class MeanForSum(CompSumLoss):
    def reduce(self, value: Tensor, count: Tensor | None = None, sample_weight: Tensor | None = None) -> Tensor:
        reduced = super().reduce(value, count, sample_weight)
        return reduced / max(1, len(value)) if self.reduction == "sum" else reduced


class WeightsIgnoredByMean(CompSumLoss):
    def reduce(self, value: Tensor, count: Tensor | None = None, sample_weight: Tensor | None = None) -> Tensor:
        if self.reduction == "mean" and sample_weight is not None and len(value):
            return (value * sample_weight).mean()
        return super().reduce(value, count, sample_weight)


class EmptyMeanIsNaN(CompSumLoss):
    def reduce(self, value: Tensor, count: Tensor | None = None, sample_weight: Tensor | None = None) -> Tensor:
        return (
            value.mean()
            if self.reduction == "mean" and sample_weight is None
            else super().reduce(value, count, sample_weight)
        )


class SoftmaxThenLog(CompSumLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        surprise = -torch.softmax(logits, dim=-1).gather(1, target[:, None]).squeeze(1).log()
        return surprise if self.tau == 1 else torch.expm1((1 - self.tau) * surprise) / (1 - self.tau)


class HalfStaysHalf(CompSumLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(logits, target).to(logits.dtype)


class AcceptsAnyLabel(CompSumLoss):
    def forward(self, logits: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        return self.reduce(self.value(logits, target.clamp(0, logits.shape[1] - 1)), None, sample_weight)


class WithoutLogC(LDRKLLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(logits, target) + min(self.lam, 1e6) * torch.log(torch.tensor(float(logits.shape[1])))


class UnbiasedDeviation(ZLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        z = (logits - logits.mean(1, keepdim=True)) / (logits.var(1, keepdim=True) + self.eps + 1e-300).sqrt()
        return torch.nn.functional.softplus(self.a * (self.b - z.gather(1, target[:, None]).squeeze(1))) / self.a


class SmoothingDropped(CrossEntropyLoss):
    def __init__(self, **given: object) -> None:
        super().__init__(**given)  # type: ignore[arg-type]
        self.label_smoothing = 0.0


class ReferenceAdded(DPOLoss):
    def forward(
        self,
        policy_chosen_logps: Tensor,
        policy_rejected_logps: Tensor,
        reference_chosen_logps: Tensor | None = None,
        reference_rejected_logps: Tensor | None = None,
        sample_weight: Tensor | None = None,
    ) -> Tensor:
        chosen, rejected = (None if r is None else -r for r in (reference_chosen_logps, reference_rejected_logps))
        return super().forward(policy_chosen_logps, policy_rejected_logps, chosen, rejected, sample_weight)


class TemperatureSquared(MannWhitneyLoss):
    def __init__(self, **given: object) -> None:
        super().__init__(**given)  # type: ignore[arg-type]
        self.temperature = self.temperature**2


class SmoothingForgotten(DiceLoss):
    def __init__(self, **given: object) -> None:
        super().__init__(**given)  # type: ignore[arg-type]
        self.smooth_nr = 0.0


class ThresholdOfThePaper(MultiSimilarityLoss):
    def __init__(self, **given: object) -> None:
        super().__init__(**given)  # type: ignore[arg-type]
        self.lam = 1.0


@dataclass(frozen=True)
class Slip:
    """A wrong implementation and the property that must catch it."""

    loss: str
    implementation: type
    caught_by: str

    def spec(self) -> LossSpec:
        return get(self.loss).model_copy(update={"module": f"{__name__}:{self.implementation.__name__}"})


SLIPS = [
    Slip("comp_sum", Negated, "NonNegative"),
    Slip("comp_sum", Negated, "MatchesReference"),
    Slip("mae_classification", WithoutScale, "MatchesReference"),
    Slip("comp_sum", DetachedNormaliser, "MatchesReference"),
    Slip("comp_sum", DetachedNormaliser, "Differentiable"),
    Slip("comp_sum", MeanForSum, "Reduces"),
    Slip("comp_sum", WeightsIgnoredByMean, "Weighted"),
    Slip("comp_sum", EmptyMeanIsNaN, "Reduces"),
    Slip("comp_sum", SoftmaxThenLog, "MatchesReference"),
    Slip("comp_sum", HalfStaysHalf, "DTypeStable"),
    Slip("comp_sum", AcceptsAnyLabel, "RejectsBadInput"),
    Slip("ldr_kl", WithoutLogC, "MatchesReference"),
    Slip("z_loss", UnbiasedDeviation, "MatchesReference"),
    Slip("cross_entropy", SmoothingDropped, "WorkedExamples"),
    Slip("cross_entropy", SmoothingDropped, "ReducesTo"),
    Slip("dpo", ReferenceAdded, "MatchesReference"),
    Slip("mann_whitney", TemperatureSquared, "WorkedExamples"),
    Slip("dice", SmoothingForgotten, "MatchesReference"),
    Slip("multi_similarity", ThresholdOfThePaper, "MatchesReference"),
]


def _refuted(spec: LossSpec, kind: str) -> list[Finding]:
    return [f for f in verify(spec, only=[kind]).losses[0].findings if f.outcome == "refuted"]


@pytest.mark.parametrize("slip", SLIPS, ids=lambda s: f"{s.implementation.__name__}-{s.caught_by}")
def test_a_wrong_implementation_is_refuted_with_a_witness(slip: Slip) -> None:
    refuted = _refuted(slip.spec(), slip.caught_by)
    assert refuted
    assert refuted[0].witness is not None
    assert refuted[0].witness.detail
    assert f"--only {slip.caught_by}" in refuted[0].witness.command


@pytest.mark.parametrize(("loss", "kind"), sorted({(s.loss, s.caught_by) for s in SLIPS}))
def test_the_original_passes_the_same_check(loss: str, kind: str) -> None:
    report = verify(loss, only=[kind])
    assert report.ok, [f.reason for f in report.losses[0].findings if not f.stood]


FALSE_CLAIMS = {
    "comp_sum": [
        Convex(on="logits").holds(when={"tau": Between(0, 1.5), "C": AtLeast(2)}),
        LabelSymmetric().holds(when={"tau": Between(1.5, 2)}),
        NonNegative().fails(),
        Bounded(lower=0.0, upper=2.0).holds(when={"tau": 2}),
        Bounded(lower=0.0, upper=0.75).holds(when={"tau": 2, "C": AtLeast(2)}),
        Lipschitz(on="logits", constant=1.4).holds(when={"tau": 1, "C": AtLeast(2)}),
        Lipschitz(on="logits", constant=2.0).holds(when={"tau": 1, "C": AtLeast(2)}),
        Lipschitz(on="logits").fails(when={"tau": 1}),
        Monotone(on="tau", direction="increasing").holds(),
        ScaleInvariant(on="logits", axis="C").holds(),
        ShiftInvariant(on="logits", axis="B").holds(),
        ClassificationCalibrated().fails(when={"tau": 1}),
    ],
    "crammer_singer": [
        ClassificationCalibrated().holds(when={"margin": Above(0), "C": AtLeast(3)}),
        Lipschitz(on="logits", constant=sqrt(2) / 2).holds(when={"C": AtLeast(2)}),
    ],
    "z_loss": [
        ClassificationCalibrated().holds(when={"eps": 0, "a": 1, "b": 1}),
        ScaleInvariant(on="logits", axis="C").holds(when={"eps": 0.5}),
    ],
}


@pytest.mark.parametrize(
    ("loss", "claim"),
    [(loss, claim) for loss, claims in FALSE_CLAIMS.items() for claim in claims],
    ids=lambda value: str(value),
)
def test_a_false_claim_falls(loss: str, claim: Claim) -> None:
    spec = get(loss).model_copy(update={"claims": (claim,)})
    finding = verify(spec, only=[claim.property.kind]).losses[0].findings[0]
    assert finding.outcome == ("refuted" if claim.verdict == "holds" else "unconfirmed")
    assert finding.witness is not None or finding.reason


def test_the_calibration_witness_shows_two_equal_risks() -> None:
    spec = get("crammer_singer")
    claims = [c for c in spec.claims if isinstance(c.property, ClassificationCalibrated) and "C" in c.when]
    only = spec.model_copy(update={"claims": tuple(c for c in claims if c.verdict == "fails")})
    finding = verify(only, only=["ClassificationCalibrated"]).losses[0].findings[0]
    assert finding.outcome == "confirmed"
    assert finding.witness is not None
    assert finding.witness.left == pytest.approx(finding.witness.right, abs=1e-9)
    probabilities = finding.witness.inputs["p"]
    assert isinstance(probabilities, list)
    assert max(float(str(p)) for p in probabilities) < 0.5  # no class has a majority: the known counterexample
