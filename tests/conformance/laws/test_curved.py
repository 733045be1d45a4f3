"""Strict and quasi-convexity: what is flat, bent down or hollow is found."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.laws.curved import Bent
from losskit.conformance.report import Finding
from losskit.conformance.search.inputs import draw
from losskit.conformance.subject import Subject
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.plugins.preference.dpo.loss import DPOLoss
from losskit.spec import AtLeast, Between, Claim
from losskit.spec.properties import Concave, QuasiConvex, StrictlyConvex

CHOSEN, REJECTED = "policy_chosen_logps", "policy_rejected_logps"
MILD = {"beta": Between(0.5, 1), "reference_free": True, "label_smoothing": 0.0}


class Hinge(DPOLoss):
    """Piecewise linear in the margin."""

    def forward(self, *given: Any, **_named: Any) -> Tensor:
        chosen, rejected = given[:2]
        return self.reduce(torch.relu(1 - (chosen - rejected)))


class Negated(CompSumLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return -super().value(logits, target)


def _finding(loss: str, claim: Claim, implementation: type | None = None) -> Finding:
    changes: dict[str, object] = {"claims": (claim,)}
    if implementation is not None:
        changes["module"] = f"{__name__}:{implementation.__name__}"
    spec = get(loss).model_copy(update=changes)
    return verify(spec, only=[claim.property.kind]).losses[0].findings[0]


@pytest.mark.parametrize(
    ("loss", "claim"),
    [
        ("cross_entropy", StrictlyConvex(on="logits").holds(when={"C": AtLeast(2)})),
        ("dpo", StrictlyConvex(on=(CHOSEN, REJECTED)).holds(when=MILD)),
        ("mann_whitney", StrictlyConvex(on="logits").holds(when={"temperature": 1.0})),
        ("linear_cross_entropy", StrictlyConvex(on="weight").holds(when={"softcap": None, "shift": 0})),
        ("huber", StrictlyConvex(on="input").holds(when={"delta": Between(8, 12)})),  # flat pieces far out
        ("z_loss", QuasiConvex(on="logits").holds(when={"C": AtLeast(3)})),
        ("dice", QuasiConvex(on="logits").holds(when={"class_weights": None})),
        ("mae_classification", Concave(on="logits").holds()),
    ],
    ids=str,
)
def test_a_false_claim_falls_with_a_witness(loss: str, claim: Claim) -> None:
    finding = _finding(loss, claim)
    assert finding.outcome == "refuted"
    assert finding.witness is not None


@pytest.mark.parametrize(
    ("loss", "claim"),
    [
        ("dpo", StrictlyConvex(on=CHOSEN).fails(when=MILD)),
        ("mae_classification", QuasiConvex(on="logits").fails()),
        ("comp_sum_bayes_risk", Concave(on="probs").fails(when={"tau": 1})),
    ],
    ids=str,
)
def test_a_false_failure_finds_no_witness(loss: str, claim: Claim) -> None:
    assert _finding(loss, claim).outcome == "unconfirmed"


def test_a_piecewise_linear_loss_is_flat_somewhere() -> None:
    claim = StrictlyConvex(on=CHOSEN).holds(when=MILD)
    assert _finding("dpo", claim).outcome == "held"
    assert _finding("dpo", claim, Hinge).outcome == "refuted"


def test_a_negated_loss_has_hollow_level_sets() -> None:
    claim = QuasiConvex(on="logits").holds(when={"tau": 1, "C": AtLeast(2)})
    assert _finding("comp_sum", claim).outcome == "held"
    assert _finding("comp_sum", claim, Negated).outcome == "refuted"


def test_segments_follow_the_flattest_direction_of_the_hessian() -> None:
    subject = Subject(get("cross_entropy"), {})
    claim = StrictlyConvex(on="logits").holds()
    data = draw(subject, {"C": 4}, 200, random.Random(0), Bent.scales)
    prepared = Bent(claim).prepare(subject, data, random.Random(1))
    step = prepared["_logits"] - prepared["logits"]
    length = torch.linalg.vector_norm(step, dim=1)
    assert length.min() > 0.5 - 1e-9
    assert length.max() < 2 + 1e-9
    along_ones = step.sum(1).abs() / (length * 2)  # the all-ones vector has length 2
    assert 0.3 < (along_ones > 1 - 1e-9).double().mean() < 0.7
