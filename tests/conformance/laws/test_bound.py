"""Upper bounds: too small a factor, too large a one, a tie that counts as right, and the wrong verdict are found."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.laws.bound import AboveArea, AboveErrors
from losskit.conformance.report import Finding
from losskit.conformance.subject import Subject
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.plugins.ranking.mann_whitney.loss import MannWhitneyLoss
from losskit.spec import Above, AtLeast, Between, Claim
from losskit.spec.expressions import log, symbol
from losskit.spec.properties import UpperBounds

LOGISTIC = UpperBounds(target="zero_one", factor=1 / log(2))
AREA = UpperBounds(target="one_minus_auc", factor=1 / log(2))


class TieIsFree(CompSumLoss):
    """Less than it should be where another class ties, and only there."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        tied = (logits == logits.gather(1, target[:, None])).sum(1) > 1
        return torch.where(tied, 0.5 * super().value(logits, target), super().value(logits, target))


class Shifted(CompSumLoss):
    """Negative where the label leads."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(logits, target) * 2 - 0.6931471805599453


class TemperatureForgotten(MannWhitneyLoss):
    def forward(self, logits: Tensor, target: Tensor | None = None, sample_weight: Tensor | None = None) -> Tensor:
        return self.temperature * super().forward(logits, target, sample_weight)


def _finding(loss: str, claim: Claim, implementation: type | None = None) -> Finding:
    changes: dict[str, object] = {"claims": (claim,)}
    if implementation is not None:
        changes["module"] = f"{__name__}:{implementation.__name__}"
    return verify(get(loss).model_copy(update=changes), only=[claim.property.kind]).losses[0].findings[0]


@pytest.mark.parametrize(
    ("loss", "claim"),
    [
        ("comp_sum", UpperBounds(target="zero_one", factor=1.4).holds(when={"tau": 1})),
        (
            "crammer_singer",
            UpperBounds(target="zero_one", factor=0.9 / symbol("margin")).holds(when={"margin": Above(0)}),
        ),
        ("mann_whitney", UpperBounds(target="one_minus_auc", factor=1.4).holds(when={"normalize": "pairs"})),
        ("dpo", UpperBounds(target="zero_one", factor=1.4, margin=symbol("policy_chosen_logps")).holds()),
        ("comp_sum", UpperBounds(target="mae_classification").holds(when={"tau": Between(2.5, 4)})),
        ("mae_classification", UpperBounds(target="comp_sum", parameters={"tau": 1.0}).holds()),
    ],
    ids=str,
)
def test_too_small_a_bound_is_refuted_with_a_witness(loss: str, claim: Claim) -> None:
    finding = _finding(loss, claim)
    assert finding.outcome == "refuted"
    assert finding.witness is not None


@pytest.mark.parametrize(
    ("loss", "target", "when"),
    [
        ("comp_sum", "zero_one", {"tau": 1, "C": AtLeast(2)}),
        ("mann_whitney", "one_minus_auc", {"normalize": "pairs"}),
        ("comp_sum", "mae_classification", {"tau": Between(0, 2), "C": AtLeast(2)}),
    ],
)
def test_a_loose_bound_needs_to_be_called_so(loss: str, target: str, when: dict[str, object]) -> None:
    loose = UpperBounds(target=target, factor=2.0)
    finding = _finding(loss, loose.holds(when=when))
    assert finding.outcome == "refuted"
    assert "the bound is loose" in finding.reason
    assert _finding(loss, loose.model_copy(update={"tight": False}).holds(when=when)).outcome == "held"


@pytest.mark.parametrize(
    ("loss", "claim"),
    [
        ("comp_sum", LOGISTIC.fails(when={"tau": 1})),
        ("mann_whitney", AREA.fails()),
        (
            "cross_entropy",
            UpperBounds(target="mae_classification").fails(when={"label_smoothing": 0.0, "class_weights": None}),
        ),
    ],
    ids=str,
)
def test_a_false_failure_finds_no_witness(loss: str, claim: Claim) -> None:
    assert _finding(loss, claim).outcome == "unconfirmed"


@pytest.mark.parametrize(
    ("loss", "implementation", "claim"),
    [
        ("comp_sum", TieIsFree, LOGISTIC.holds(when={"tau": 1})),
        ("comp_sum", Shifted, LOGISTIC.holds(when={"tau": 1})),
        ("mann_whitney", TemperatureForgotten, AREA.holds(when={"temperature": 0.5})),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else str(value),
)
def test_a_wrong_loss_is_no_bound(loss: str, implementation: type, claim: Claim) -> None:
    assert _finding(loss, claim).outcome == "held"
    assert _finding(loss, claim, implementation).outcome == "refuted"


def test_a_tie_is_an_error_and_a_single_class_is_none() -> None:
    subject = Subject(get("comp_sum"), {})
    rows = torch.tensor([[1.0, 1.0, 0.0], [2.0, 1.0, 0.0], [0.0, 1.0, 0.0]], dtype=torch.float64)
    target = torch.zeros(3, dtype=torch.int64)
    wrong = AboveErrors(LOGISTIC.holds()).sides(subject, {"logits": rows, "target": target}).left
    assert wrong.tolist() == [1.0, 0.0, 1.0, 1.0, 1.0, 1.0]  # the rows as they are, then pushed until they err
    single = {"logits": rows[:, :1], "target": target}
    assert AboveErrors(LOGISTIC.holds()).sides(subject, single).left.tolist() == [0.0] * 6


def test_the_area_counts_ties_as_errors() -> None:
    subject = Subject(get("mann_whitney"), {"temperature": 1.0, "normalize": "pairs"})
    law = AboveArea(AREA.holds())
    given = {"logits": torch.tensor([1.0, 1.0, 0.0, 2.0]), "target": torch.tensor([1.0, 0.0, 0.0, 0.0])}
    assert law.sides(subject, given).left.tolist() == pytest.approx([2 / 3])
    matrix = {"logits": torch.tensor([[1.0, 0.0], [3.0, 2.0]])}
    assert law.sides(subject, matrix).left.tolist() == pytest.approx([2 / 4])  # 1 and 2 against 3
