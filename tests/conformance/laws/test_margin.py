"""Losses of the margin alone: what else they feel is found."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.plugins.classification.crammer_singer.loss import CrammerSingerLoss
from losskit.spec import AtLeast
from losskit.spec.properties import MarginBased


class MeanOfRivals(CrammerSingerLoss):
    """The sum over wrong classes, not the largest: the Weston-Watkins loss."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        violation = self.margin + logits - logits.gather(1, target[:, None])
        return torch.relu(violation).sum(1) - self.margin


def _outcome(loss: str, verdict: str, module: str = "") -> str:
    property_ = MarginBased()
    claim = property_.holds(when={"C": AtLeast(3)}) if verdict == "holds" else property_.fails(when={"C": AtLeast(3)})
    changes: dict[str, object] = {"claims": (claim,), **({"module": module} if module else {})}
    return verify(get(loss).model_copy(update=changes), only=["MarginBased"]).losses[0].findings[0].outcome


@pytest.mark.parametrize("loss", ["cross_entropy", "mae_classification", "z_loss"])
def test_a_loss_that_feels_the_classes_behind_is_refuted(loss: str) -> None:
    assert _outcome(loss, "holds") == "refuted"


def test_the_largest_violation_is_a_matter_of_the_margin_and_their_sum_is_not() -> None:
    assert _outcome("crammer_singer", "holds") == "held"
    assert _outcome("crammer_singer", "fails") == "unconfirmed"
    assert _outcome("crammer_singer", "holds", f"{__name__}:MeanOfRivals") == "refuted"
