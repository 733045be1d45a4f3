"""Places where the value is zero or least: the wrong place, the wrong value and the wrong verdict are found."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.laws.place import Zero
from losskit.conformance.laws.relation import TENSORS
from losskit.conformance.report import Finding
from losskit.conformance.subject import Subject
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.plugins.classification.cross_entropy.loss import CrossEntropyLoss
from losskit.spec import Above, AtLeast, Between, Claim
from losskit.spec.expressions import column, evaluate, one_hot, positions, symbol, transpose
from losskit.spec.properties import MinimisedAt, ZeroAt

LABEL = one_hot(symbol("target"), symbol("C"))
RIGHT = {"logits": LABEL}


class Lifted(CompSumLoss):
    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(logits, target) + 1e-3


class SmoothingDropped(CrossEntropyLoss):
    def __init__(self, **given: object) -> None:
        super().__init__(**given)  # type: ignore[arg-type]
        self.label_smoothing = 0.0


def _finding(loss: str, claim: Claim, implementation: type | None = None) -> Finding:
    changes: dict[str, object] = {"claims": (claim,)}
    if implementation is not None:
        changes["module"] = f"{__name__}:{implementation.__name__}"
    return verify(get(loss).model_copy(update=changes), only=[claim.property.kind]).losses[0].findings[0]


@pytest.mark.parametrize(
    ("loss", "claim"),
    [
        ("crammer_singer", ZeroAt(where={"logits": 0.9 * symbol("margin") * LABEL}).holds(when={"margin": Above(0)})),
        ("comp_sum", ZeroAt(where=RIGHT).holds()),
        ("cross_entropy", ZeroAt(where=RIGHT, reach="approached").holds(when={"label_smoothing": 0.1})),
        ("ldr_kl", ZeroAt(where=RIGHT, reach="approached").holds(when={"lam": 1.0})),
        ("cross_entropy", MinimisedAt(where=RIGHT).holds(when={"label_smoothing": 0.2, "class_weights": None})),
        ("cross_entropy", MinimisedAt(where={"logits": -LABEL}, reach="approached").holds()),
        ("z_loss", MinimisedAt(where={"logits": -LABEL}).holds(when={"C": AtLeast(2)})),
        ("dpo", MinimisedAt(where={"policy_chosen_logps": 0.0}).holds(when={"label_smoothing": Between(0.1, 0.4)})),
    ],
    ids=str,
)
def test_the_wrong_place_is_refuted(loss: str, claim: Claim) -> None:
    finding = _finding(loss, claim)
    assert finding.outcome == "refuted"
    assert finding.witness is not None


@pytest.mark.parametrize(
    ("loss", "claim"),
    [
        ("comp_sum", ZeroAt(where=RIGHT, reach="approached").fails()),
        ("z_loss", MinimisedAt(where=RIGHT).fails(when={"eps": 0.0, "C": AtLeast(2)})),
    ],
    ids=str,
)
def test_a_false_failure_finds_no_witness(loss: str, claim: Claim) -> None:
    assert _finding(loss, claim).outcome == "unconfirmed"


def test_a_value_that_is_off_by_a_constant_is_refuted() -> None:
    finding = _finding("comp_sum", ZeroAt(where=RIGHT, reach="approached").holds(), Lifted)
    assert finding.outcome == "refuted"


def test_a_loss_without_its_smoothing_has_its_minimum_elsewhere() -> None:
    spec = get("cross_entropy")
    claim = next(c for c in spec.claims if isinstance(c.property, MinimisedAt) and c.verdict == "holds")
    assert _finding("cross_entropy", claim).outcome == "held"
    assert _finding("cross_entropy", claim, SmoothingDropped).outcome == "refuted"


def test_a_place_is_where_it_says() -> None:
    subject = Subject(get("cross_entropy"), {})
    data = {"logits": torch.zeros(2, 3, dtype=torch.float64), "target": torch.tensor([2, 0])}
    attained, approached = (
        Zero(ZeroAt(where=RIGHT, reach=reach).holds()).placed(subject, data)["logits"]
        for reach in ("attained", "approached")
    )
    assert attained.tolist() == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    assert torch.equal(approached, 1e6 * attained)


def test_a_number_fills_the_whole_input() -> None:
    subject = Subject(get("dpo"), {"reference_free": True})
    names = ("policy_chosen_logps", "policy_rejected_logps")
    data = {n: torch.ones(3, dtype=torch.float64) for n in names}
    placed = Zero(ZeroAt(where={names[0]: 0.5}).holds()).placed(subject, data)
    assert placed[names[0]].tolist() == [0.5, 0.5, 0.5]
    assert placed[names[1]] is data[names[1]]


def test_a_place_among_inputs_that_are_absent_is_left_out() -> None:
    subject = Subject(get("mann_whitney"), {})
    law = Zero(ZeroAt(where={"logits": symbol("target")}).holds())
    assert law.applies(subject, {"logits": torch.zeros(2, 2)}) == "the optional input target is absent"


def test_operations_on_tensors() -> None:
    ids, row = torch.tensor([[0, 2], [7, 1]]), torch.zeros(2, 3)
    known = {"ids": ids, "row": row}
    hot = evaluate(one_hot(symbol("ids"), 3.0, axis=1), known, TENSORS)
    assert hot.shape == (2, 3, 2)
    assert hot[0].tolist() == [[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]
    assert hot[1, :, 0].tolist() == [0.0, 0.0, 0.0]  # an id outside the classes
    assert evaluate(positions(symbol("row")), known, TENSORS).tolist() == [0.0, 1.0, 2.0]
    assert evaluate(column(symbol("ids")), known, TENSORS).shape == (2, 2, 1)


def test_optional_inputs_that_are_absent_at_a_place() -> None:
    axes = {"weight": one_hot(positions(transpose(symbol("weight"))), symbol("D"))}
    when = {"frame": "orthogonal", "C": 2, "D": 3}
    assert _finding("nc2_frame", ZeroAt(where=axes, absent=("scales",)).holds(when=when)).outcome == "held"
    assert _finding("nc2_frame", ZeroAt(where=axes).holds(when=when)).outcome == "refuted"
