"""A loss times a constant has the verdicts of the loss: nothing is told by a number of its own unit."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.decision.risk import Risk
from losskit.conformance.report import Finding
from losskit.conformance.subject import Subject
from losskit.plugins.binary.hinge.loss import HingeLoss
from losskit.plugins.binary.logistic.loss import LogisticLoss
from losskit.plugins.calibration.correctness_aware.loss import CorrectnessAwareLoss
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.plugins.classification.crammer_singer.loss import CrammerSingerLoss
from losskit.plugins.classification.mae_classification.loss import MAEClassificationLoss
from losskit.spec import Above, Claim
from losskit.spec.expressions import sqrt, symbol
from losskit.spec.properties import (
    ClassificationCalibrated,
    HConsistencyBound,
    NoiseTolerant,
    Proper,
    Property,
    StrictlyProper,
)

T, C = symbol("t"), symbol("C")
ANY_RATE = 1 - 1 / C
SCALES = {"Faint": 1e-6, "Plain": 1.0, "Loud": 1e6}


class FaintCompSum(CompSumLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return SCALES["Faint"] * super().value(logits, target)


class LoudCompSum(CompSumLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return SCALES["Loud"] * super().value(logits, target)


class FaintMAE(MAEClassificationLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return SCALES["Faint"] * super().value(logits, target)


class LoudMAE(MAEClassificationLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return SCALES["Loud"] * super().value(logits, target)


class FaintCrammerSinger(CrammerSingerLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return SCALES["Faint"] * super().value(logits, target)


class LoudCrammerSinger(CrammerSingerLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return SCALES["Loud"] * super().value(logits, target)


class FaintHinge(HingeLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return SCALES["Faint"] * super().value(logits, target)


class LoudHinge(HingeLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return SCALES["Loud"] * super().value(logits, target)


class FaintCorrectnessAware(CorrectnessAwareLoss):
    def forward(self, logits: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        return SCALES["Faint"] * super().forward(logits, target, sample_weight)


class LoudCorrectnessAware(CorrectnessAwareLoss):
    def forward(self, logits: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        return SCALES["Loud"] * super().forward(logits, target, sample_weight)


class FaintLogistic(LogisticLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return SCALES["Faint"] * super().value(logits, target)


class LoudLogistic(LogisticLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return SCALES["Loud"] * super().value(logits, target)


LOSSES = {
    "comp_sum": "CompSum", "mae_classification": "MAE", "crammer_singer": "CrammerSinger", "logistic": "Logistic",
    "hinge": "Hinge", "correctness_aware": "CorrectnessAware",
}  # fmt: skip
When = dict[str, Any]

ONE: When = {"tau": 1, "C": 3}
SOME: When = {"C": 3}
NO_MAJORITY: When = {"margin": Above(0), "C": 3}

CASES: list[tuple[str, Property, When, str]] = [
    ("comp_sum", ClassificationCalibrated(), ONE, "held"),
    ("crammer_singer", ClassificationCalibrated(), NO_MAJORITY, "refuted"),
    ("correctness_aware", ClassificationCalibrated(), {"balanced": False, "C": 3}, "refuted"),
    ("comp_sum", Proper(), ONE, "held"),
    ("comp_sum", Proper(), {"tau": 1.5, "C": 3}, "refuted"),
    ("comp_sum", StrictlyProper(), ONE, "held"),
    ("mae_classification", StrictlyProper(), SOME, "refuted"),
    ("logistic", StrictlyProper(scale=2.0), {}, "refuted"),
    ("mae_classification", NoiseTolerant(rate=ANY_RATE), SOME, "held"),
    ("comp_sum", NoiseTolerant(rate=ANY_RATE), ONE, "refuted"),
    ("comp_sum", NoiseTolerant(rate=ANY_RATE, rows="free"), ONE, "held"),
    ("crammer_singer", NoiseTolerant(rate=ANY_RATE, rows="free"), NO_MAJORITY, "refuted"),
    ("hinge", NoiseTolerant(rate=0.5, rows="free"), {"margin": 1.0}, "held"),
    ("comp_sum", HConsistencyBound(tight=False), ONE, "held"),
    ("crammer_singer", HConsistencyBound(tight=False), NO_MAJORITY, "refuted"),
]


def bound(excess: float, unit: float, tight: bool = True) -> HConsistencyBound:
    """The bound of cross-entropy with so much of its constant, for cross-entropy times a unit."""
    return HConsistencyBound(gamma=sqrt(excess * T / unit), tight=tight)


def found(loss: str, claim: Claim, scale: str) -> Finding:
    spec = get(loss).model_copy(update={"claims": (claim,)})
    if scale != "Plain":
        spec = spec.model_copy(update={"module": f"{__name__}:{scale}{LOSSES[loss]}"})
    return verify(spec, only=[claim.property.kind], engine="here", device="cpu").losses[0].findings[0]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("loss", "claimed", "when", "outcome"), CASES, ids=str)
def test_a_scaled_loss_has_the_verdict_of_the_loss(
    loss: str, claimed: Property, when: When, outcome: str, scale: str
) -> None:
    finding = found(loss, claimed.holds(when=when), scale)
    assert finding.outcome == outcome, finding.reason


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("constant", "outcome"), [(2.0, "held"), (1.9, "refuted"), (2.1, "refuted")], ids=str)
def test_a_scaled_loss_keeps_a_bound_that_is_scaled_with_it(constant: float, outcome: str, scale: str) -> None:
    finding = found("comp_sum", bound(constant, SCALES[scale]).holds(when=ONE), scale)
    assert finding.outcome == outcome, finding.reason


@pytest.mark.parametrize("scale", ["Faint", "Loud"])
def test_a_witness_states_risks_in_the_unit_of_the_loss(scale: str) -> None:
    claim = Proper().holds(when={"tau": 1.5, "C": 3})
    plain, scaled = found("comp_sum", claim, "Plain").witness, found("comp_sum", claim, scale).witness
    assert plain is not None
    assert scaled is not None
    assert scaled.left == pytest.approx(SCALES[scale] * plain.left, rel=1e-3)


@pytest.mark.parametrize("tau", [0.0, 1.0, 2.0])
def test_the_unit_of_a_risk_goes_with_the_loss(tau: float) -> None:
    units = {}
    for scale in SCALES:
        spec = get("comp_sum")
        if scale != "Plain":
            spec = spec.model_copy(update={"module": f"{__name__}:{scale}CompSum"})
        risk = Risk.of(Subject(spec, {"tau": tau}))
        assert risk is not None
        units[scale] = risk.measured(3).unit / SCALES[scale]
    assert 0.5 <= units["Faint"] / units["Plain"] <= 2
    assert 0.5 <= units["Loud"] / units["Plain"] <= 2


class Silent(CompSumLoss):
    """A loss that is the same number everywhere."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return 0 * super().value(logits, target)


def test_a_loss_without_differences_is_measured_by_one() -> None:
    spec = get("comp_sum").model_copy(update={"module": f"{__name__}:Silent"})
    risk = Risk.of(Subject(spec, {}))
    assert risk is not None
    assert risk.measured(3).unit == 1.0
    assert torch.equal(risk.measured(3).losses(torch.randn(4, 3, dtype=torch.float64)), torch.zeros(4, 3).double())
