"""Consistency with the AUC: pairwise and pointwise losses that order points by likelihood ratio are told from others."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.decision.population import POINTS, Population
from losskit.conformance.decision.ranking import Ranking
from losskit.conformance.decision.solver import solve
from losskit.conformance.report import Finding
from losskit.conformance.subject import Subject
from losskit.plugins.ranking.mann_whitney.loss import MannWhitneyLoss
from losskit.spec import Above
from losskit.spec.properties import FisherConsistent

AUC = FisherConsistent(target="auc")
P = torch.tensor([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.15, 0.05]], dtype=torch.float64)


class PairHinge(MannWhitneyLoss):
    """The hinge of every pair, which is calibrated and not consistent with the AUC (Gao and Zhou 2015)."""

    def forward(self, logits: Tensor, target: Tensor | None = None, sample_weight: Tensor | None = None) -> Tensor:
        assert target is not None
        weight = torch.ones_like(logits) if sample_weight is None else sample_weight
        pairs = torch.outer(weight * target, weight * (1 - target))
        gaps = logits.unsqueeze(1) - logits.unsqueeze(0)
        return (pairs * (1 - gaps / self.temperature).clamp(min=0)).sum() / pairs.sum()


class OneSided(MannWhitneyLoss):
    """Positives alone are looked at: every score grows, whatever its point."""

    def forward(self, logits: Tensor, target: Tensor | None = None, sample_weight: Tensor | None = None) -> Tensor:
        assert target is not None
        weight = torch.ones_like(logits) if sample_weight is None else sample_weight
        return (weight * target * torch.nn.functional.softplus(-logits / self.temperature)).sum()


def finding(loss: str, verdict: str, module: type | None = None) -> Finding:
    claim = getattr(AUC, verdict)(when={"margin": Above(0)} if loss == "hinge" else None)
    changes: dict[str, object] = {"claims": (claim,)}
    if module is not None:
        changes["module"] = f"{__name__}:{module.__name__}"
    spec = get(loss).model_copy(update=changes)
    return verify(spec, engine="here", device="cpu", only=["FisherConsistent"]).losses[0].findings[0]


@pytest.mark.parametrize("loss", ["mann_whitney", "logistic", "exponential", "binary_cross_entropy_with_logits"])
def test_a_consistent_loss_has_no_witness_against_it(loss: str) -> None:
    assert finding(loss, "holds").outcome == "held"
    assert finding(loss, "fails").outcome == "unconfirmed"


@pytest.mark.parametrize(("loss", "module"), [("hinge", None), ("mann_whitney", PairHinge), ("mann_whitney", OneSided)])
def test_a_loss_that_ties_points_is_found_out(loss: str, module: type | None) -> None:
    assert finding(loss, "holds", module).outcome == "refuted"
    found = finding(loss, "fails", module)
    assert found.outcome == "confirmed"
    assert found.witness is not None
    assert "reduction='mean'" in found.witness.code


def test_a_loss_of_classes_has_no_population() -> None:
    found = finding("cross_entropy", "holds")
    assert found.outcome == "not_applicable"
    assert "weights of these" in found.reason


def test_the_least_risk_is_that_of_the_log_odds() -> None:
    risk = Population.of(Subject(get("logistic"), {}))
    assert risk is not None
    found = solve(risk, P, Ranking.free(P), 0, 100)
    odds = (POINTS * P).log()
    shown = torch.tensor([risk.given(row) for row in found.rows])
    np.testing.assert_allclose(shown, odds, atol=1e-6)
    joint, other = P / 2, torch.full_like(P, 1 / POINTS / 2)
    entropy = -(joint * (joint / (joint + other)).log() + other * (other / (joint + other)).log()).sum(1)
    np.testing.assert_allclose(found.value, entropy, rtol=1e-9)


@pytest.mark.parametrize("temperature", [5e-4, 0.01, 1.0, 300.0])
def test_scores_of_any_size_are_solved_in_their_own_length(temperature: float) -> None:
    risk = Population.of(Subject(get("mann_whitney"), {"temperature": temperature, "normalize": "pairs"}))
    assert risk is not None
    found = (risk := risk.measured(POINTS)).given(solve(risk, P, Ranking.free(P), 0, 100).rows[0])
    gaps = np.diff(found) / temperature
    np.testing.assert_allclose(gaps, np.log([2, 3 / 2, 4 / 3]), rtol=1e-5)


def test_the_program_of_a_witness_gives_the_risk() -> None:
    risk = Population.of(Subject(get("mann_whitney"), {"temperature": 1.0}))
    assert risk is not None
    row = torch.tensor([0.3, -0.1, 0.2, 0.5], dtype=torch.float64)
    scores, expression = risk.program(row)
    known = {"torch": torch, "p": P[0], "loss": risk.subject.module("mean")}
    exec(scores, known)
    assert eval(expression, known).item() == pytest.approx(risk(row.unsqueeze(0), P[:1]).item())
