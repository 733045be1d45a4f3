"""Losses of one score and a label 0 or 1: what the laws of labels mean for them, and what breaks them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.plugins.binary.hinge.loss import HingeLoss
from losskit.plugins.binary.logistic.loss import LogisticLoss
from losskit.spec import Claim
from losskit.spec.expressions import log
from losskit.spec.properties import (
    Differentiable,
    LabelSymmetric,
    MarginBased,
    Monotone,
    PermutationInvariant,
    UpperBounds,
)


class HeavyPositives(LogisticLoss):
    """Positives count twice."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return (1 + target) * super().value(logits, target)


class Ramp(LogisticLoss):
    """The logistic curve itself: its sum over both labels is 1."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return torch.sigmoid((1 - 2 * target) * logits)


class Swapped(LogisticLoss):
    """The label taken for its opposite."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(logits, 1 - target)


class LateKink(HingeLoss):
    """A kink where no rounded score lies, and one alone."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return torch.relu(logits + 0 * target - 0.6180339887)


class Smooth(HingeLoss):
    """No kink at all."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return torch.nn.functional.softplus(logits + 0 * target - 0.6180339887)


def outcome(claim: Claim, module: type | None = None, loss: str = "logistic") -> str:
    changes: dict[str, object] = {"claims": (claim,)}
    if module is not None:
        changes["module"] = f"{__name__}:{module.__name__}"
    spec = get(loss).model_copy(update=changes)
    return verify(spec, only=[claim.property.kind], device="cpu").losses[0].findings[0].outcome


@pytest.mark.parametrize("property_", [MarginBased(), PermutationInvariant(over="classes")], ids=str)
def test_positives_that_count_twice_break_the_symmetry_of_the_classes(
    property_: MarginBased | PermutationInvariant,
) -> None:
    assert outcome(property_.holds(), HeavyPositives) == "refuted"
    assert outcome(property_.fails(), HeavyPositives) == "confirmed"
    assert outcome(property_.fails()) == "unconfirmed"


def test_the_sum_over_both_labels() -> None:
    assert outcome(LabelSymmetric().holds(), Ramp) == "held"
    assert outcome(LabelSymmetric(region="distinct").holds(), Ramp) == "held"
    assert outcome(LabelSymmetric().fails(), Ramp) == "unconfirmed"
    assert outcome(LabelSymmetric().holds()) == "refuted"


def test_errors_of_the_sign_are_bounded_and_no_tighter() -> None:
    assert outcome(UpperBounds(target="zero_one", factor=1 / log(2)).holds(), Swapped) == "refuted"
    assert outcome(UpperBounds(target="zero_one", factor=1.4).holds()) == "refuted"
    assert outcome(UpperBounds(target="zero_one", factor=1.5).holds()) == "refuted", "nothing reaches it"
    assert outcome(UpperBounds(target="zero_one", factor=1.5, tight=False).holds()) == "held"


@pytest.mark.parametrize(("part", "direction"), [("positives", "increasing"), ("negatives", "decreasing")])
def test_the_label_says_where_the_value_falls(part: str, direction: str) -> None:
    claim = Monotone(on="logits", part=part, direction=direction).holds()
    assert outcome(claim) == "refuted"
    assert outcome(claim, Swapped) == "held"


def test_a_kink_is_found_wherever_it_lies() -> None:
    assert outcome(Differentiable(on="logits").fails(), LateKink, "hinge") == "confirmed"
    assert outcome(Differentiable(on="logits").fails(), Smooth, "hinge") == "unconfirmed"


def test_no_loss_of_class_ids_or_of_a_coupled_batch_is_taken_for_one() -> None:
    found = {name: get(name).binary_target() for name in ("logistic", "cross_entropy", "mann_whitney", "dpo", "dice")}
    assert [name for name, target in found.items() if target is not None] == ["logistic"]
