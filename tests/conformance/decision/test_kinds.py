"""Decision-theoretic kinds: false claims fall with a witness, and what float64 cannot tell is undecided."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.report import Finding
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.registry import builtin
from losskit.spec import Above, AtLeast, Below, Between, Claim
from losskit.spec.errors import SpecError
from losskit.spec.expressions import sqrt, symbol
from losskit.spec.properties import (
    ClassificationCalibrated,
    FisherConsistent,
    HConsistencyBound,
    NoiseTolerant,
    Proper,
    StrictlyProper,
    TopKCalibrated,
)

T, TAU, C = symbol("t"), symbol("tau"), symbol("C")
ANY_RATE = 1 - 1 / C
BALANCED = FisherConsistent(target="weighted", costs=1 / symbol("class_prior"))
KINDS = (
    ClassificationCalibrated,
    FisherConsistent,
    TopKCalibrated,
    Proper,
    StrictlyProper,
    NoiseTolerant,
    HConsistencyBound,
)
PLAIN = {"class_weights": None, "ignore_index": Below(0)}


class Constant(CompSumLoss):
    """A loss that every row minimises."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return 0 * super().value(logits, target)


class SecondBest(CompSumLoss):
    """A loss that asks for the label after the one that is right."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(logits, (target + 1) % logits.shape[1])


class Faint(CompSumLoss):
    """Calibrated, with three hundredths of cross-entropy on top of a term that prefers no class."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return 0.03 * super().value(logits, target) + logits.square().sum(1)


def found(loss: str, claim: Claim, implementation: type | None = None) -> Finding:
    spec = get(loss).model_copy(update={"claims": (claim,)})
    if implementation is not None:
        spec = spec.model_copy(update={"module": f"{__name__}:{implementation.__name__}"})
    return verify(spec, only=[claim.property.kind], engine="here", device="cpu").losses[0].findings[0]


FALSE = [
    ("crammer_singer", ClassificationCalibrated().holds(when={"margin": Above(0), "C": AtLeast(3)})),
    ("comp_sum", ClassificationCalibrated().fails(when={"tau": 1})),
    ("comp_sum", TopKCalibrated(k=2).holds(when={"tau": 2, "C": AtLeast(3)})),
    ("cross_entropy", TopKCalibrated(k=2).fails(when={**PLAIN, "label_smoothing": 0.0, "C": AtLeast(3)})),
    ("logit_adjusted", BALANCED.holds(when={"class_prior": Above(0), "tau": {0.5}, "C": 3})),
    ("logit_adjusted", BALANCED.fails(when={"class_prior": Above(0), "tau": 1.0, "C": 3})),
    ("logit_adjusted", FisherConsistent().holds(when={"class_prior": Above(0), "tau": 1.0, "C": 3})),
    ("cross_entropy", FisherConsistent().fails(when={**PLAIN, "label_smoothing": 0.0, "C": 3})),
    ("comp_sum", Proper().holds(when={"tau": 1.5})),
    ("comp_sum", Proper().fails(when={"tau": 1})),
    ("mae_classification", StrictlyProper().holds(when={"C": AtLeast(2)})),
    ("cross_entropy", StrictlyProper().holds(when={**PLAIN, "label_smoothing": 0.1, "C": AtLeast(2)})),
    ("comp_sum", StrictlyProper().fails(when={"tau": 1})),
    ("comp_sum", NoiseTolerant(rate=ANY_RATE).holds(when={"tau": 1, "C": AtLeast(2)})),
    ("mae_classification", NoiseTolerant(rate=ANY_RATE).fails(when={"C": AtLeast(2)})),
    (
        "crammer_singer",
        NoiseTolerant(rate=ANY_RATE, rows="free").holds(when={"margin": Above(0), "C": AtLeast(3)}),
    ),
    ("mae_classification", NoiseTolerant(rate=ANY_RATE, rows="free").fails(when={"C": AtLeast(2)})),
    ("comp_sum", HConsistencyBound(gamma=sqrt(1.9 * T)).holds(when={"tau": 1, "C": AtLeast(2)})),
    ("comp_sum", HConsistencyBound(gamma=sqrt(2.1 * T)).holds(when={"tau": 1, "C": AtLeast(2)})),
    ("comp_sum", HConsistencyBound(transform=T / (C - 1)).holds(when={"tau": 2, "C": AtLeast(3)})),
    ("comp_sum", HConsistencyBound(transform=T / C).fails(when={"tau": 2, "C": AtLeast(2)})),
    ("comp_sum", HConsistencyBound().fails(when={"tau": 1, "C": AtLeast(2)})),
    ("hinge", ClassificationCalibrated().holds()),
    ("logistic", ClassificationCalibrated().fails()),
    ("hinge", Proper().holds(when={"margin": 1.0})),
    ("logistic", StrictlyProper(scale=2.0).holds()),
    ("exponential", StrictlyProper().holds()),
    ("exponential", StrictlyProper(scale=2.0).fails()),
    ("comp_sum", StrictlyProper(scale=2.0).fails(when={"tau": 0.0, "C": AtLeast(2)})),
    ("squared_hinge", StrictlyProper(link="linear").holds(when={"margin": 2.0})),
    ("one_hot_mse", StrictlyProper(link="identity").holds(when={"factor": 1.0, "target_scale": 2.0, "C": 3})),
    ("cross_entropy", Proper(link="identity").holds(when={**PLAIN, "label_smoothing": 0.0, "C": 3})),
    ("squared_hinge", Proper(link="linear", scale=1 / symbol("margin")).fails()),
    ("logistic", NoiseTolerant(rate=0.5).holds()),
    ("logistic", NoiseTolerant(rate=0.5, rows="free").fails()),
    ("logistic", HConsistencyBound(gamma=sqrt(1.9 * T)).holds()),
    ("logistic", HConsistencyBound(gamma=sqrt(2.1 * T)).holds()),
    ("hinge", HConsistencyBound(gamma=T).holds()),
    ("crammer_singer", HConsistencyBound(gamma=100 * T, tight=False).holds(when={"margin": Above(0), "C": 3})),
    ("direct_coverage", Proper().holds(when={"n_samples": 8, "ignore_index": Below(0), "V": AtLeast(2)})),
    ("direct_coverage", StrictlyProper().fails(when={"n_samples": 1, "ignore_index": Below(0), "V": AtLeast(2)})),
]


@pytest.mark.parametrize(("loss", "claim"), FALSE, ids=str)
def test_a_false_claim_falls(loss: str, claim: Claim) -> None:
    finding = found(loss, claim)
    assert finding.outcome == ("refuted" if claim.verdict == "holds" else "unconfirmed"), finding.reason
    assert finding.witness is not None or finding.reason


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_registered_loss_has_the_property_and_another_lacks_it(kind: type) -> None:
    claims = [c for name in builtin() for c in get(name).claims if isinstance(c.property, kind)]
    verdicts = {c.verdict for c in claims}
    if kind is StrictlyProper:  # every registered loss that is proper is so strictly
        verdicts |= {c.verdict for name in builtin() for c in get(name).claims if isinstance(c.property, Proper)}
    if kind is Proper:
        verdicts |= {
            c.verdict for name in builtin() for c in get(name).claims if isinstance(c.property, StrictlyProper)
        }
    assert verdicts == {"holds", "fails"}


@pytest.mark.parametrize(
    ("implementation", "claim"),
    [
        (Constant, ClassificationCalibrated().holds(when={"C": AtLeast(2)})),
        (Constant, StrictlyProper().holds(when={"C": AtLeast(2)})),
        (SecondBest, ClassificationCalibrated().holds(when={"tau": 1, "C": AtLeast(2)})),
        (SecondBest, TopKCalibrated(k=2).holds(when={"tau": 1, "C": AtLeast(3)})),
        (SecondBest, Proper().holds(when={"tau": 1, "C": AtLeast(2)})),
    ],
    ids=str,
)
def test_a_wrong_loss_falls_with_a_witness(implementation: type, claim: Claim) -> None:
    finding = found("comp_sum", claim, implementation)
    assert finding.outcome == "refuted"
    assert finding.witness is not None


@pytest.mark.parametrize(("target", "costs"), [("weighted", 1.0), ("zero_one", 1 / symbol("class_prior"))])
def test_costs_belong_to_weighted_errors(target: Any, costs: Any) -> None:
    with pytest.raises(SpecError, match="expected an expression of costs for the target 'weighted'"):
        FisherConsistent(target=target, costs=costs)


def test_a_constant_loss_is_proper_and_not_strictly() -> None:
    assert found("comp_sum", Proper().holds(), Constant).outcome == "held"
    assert found("comp_sum", StrictlyProper().fails(when={"C": AtLeast(2)}), Constant).outcome == "confirmed"


def test_a_loss_that_errs_next_to_ties_alone_has_a_witness() -> None:
    regime = {
        "aggregation": "sample",
        "squared_denominator": True,
        "smooth": 2e-4,
    }  # it errs for p in (1/2, 1/2 + s / 4)
    finding = found("binary_dice", ClassificationCalibrated().fails(when=regime))
    assert finding.outcome == "confirmed", finding.reason


@pytest.mark.parametrize("verdict", ["holds", "fails"])
def test_a_gap_too_small_to_tell_from_none_is_undecided(verdict: str) -> None:
    claim: Claim = getattr(ClassificationCalibrated(), verdict)(when={"tau": 1, "C": AtLeast(2)})
    finding = found("comp_sum", claim, Faint)
    assert finding.outcome == "undecided"
    assert "too small to be told from 0" in finding.reason


def test_no_setting_with_few_enough_classes_is_undecided() -> None:
    assert found("comp_sum", ClassificationCalibrated().holds(when={"C": AtLeast(30)})).outcome == "undecided"


def test_a_loss_of_no_class_scores_is_not_applicable() -> None:
    assert found("hl_gauss", Proper().holds()).outcome == "not_applicable"


def test_the_program_of_a_witness_prints_the_risks_it_states(capsys: pytest.CaptureFixture[str]) -> None:
    finding = found("comp_sum", Proper().holds(when={"tau": 0.5, "C": AtLeast(2)}))
    assert finding.witness is not None
    exec(finding.witness.code, {})
    printed = [float(line.split("(")[1].split(",")[0].rstrip(")")) for line in capsys.readouterr().out.splitlines()]
    assert printed[0] == pytest.approx(finding.witness.left, abs=1e-4)
    assert printed[1] == pytest.approx(finding.witness.right, abs=1e-4)
    assert printed[0] > printed[1]


def test_the_program_of_a_witness_gives_a_loss_of_one_score_that_score(capsys: pytest.CaptureFixture[str]) -> None:
    finding = found("exponential", Proper().holds())
    assert finding.witness is not None
    rows = finding.witness.inputs["logits"]
    assert isinstance(rows, list)
    assert [isinstance(row, list) and len(row) for row in rows] == [1, 1]
    exec(finding.witness.code, {})
    printed = [float(line.split("(")[1].split(",")[0].rstrip(")")) for line in capsys.readouterr().out.splitlines()]
    assert printed == pytest.approx([finding.witness.left, finding.witness.right], abs=1e-4)


@pytest.mark.parametrize(("loss", "samples"), [("direct_coverage", "n_samples"), ("direct_coverage_step", "n_eff")])
def test_the_program_of_a_witness_gives_a_loss_of_sequences_one_token(
    capsys: pytest.CaptureFixture[str], loss: str, samples: str
) -> None:
    finding = found(loss, Proper().holds(when={samples: 8, "ignore_index": Below(0)}))
    assert finding.witness is not None
    exec(finding.witness.code, {})
    printed = [float(line.split("(")[1].split(",")[0].rstrip(")")) for line in capsys.readouterr().out.splitlines()]
    assert printed == pytest.approx([finding.witness.left, finding.witness.right], abs=1e-4)


def test_a_linear_link_speaks_of_two_classes() -> None:
    assert found("cross_entropy", Proper(link="linear").holds(when={**PLAIN, "C": AtLeast(3)})).outcome == "undecided"


def test_a_regime_bound_is_written_in_t() -> None:
    claims = [c for c in get("comp_sum").claims if isinstance(c.property, HConsistencyBound)]
    assert len(claims) == 7
    assert {str(c) for c in claims} == {str(Claim.model_validate_json(c.model_dump_json())) for c in claims}
    assert Between(0, 1, "left") in [c.when.get("tau") for c in claims]
    assert torch.get_default_dtype() is torch.float32
