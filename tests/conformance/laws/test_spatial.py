"""Images turned: what counts rows, columns or neighbours is told from what counts pixels."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.report import Finding
from losskit.plugins.binary.binary_cross_entropy_with_logits.loss import BinaryCrossEntropyWithLogitsLoss
from losskit.plugins.segmentation.dice.loss import DiceLoss
from losskit.spec import AtLeast, Claim
from losskit.spec.properties import PermutationInvariant, SpatialInvariant

Group = Literal["all", "flips", "turns", "swaps"]
UNSHIFTED = {"shift": 0, "softcap": None, "label_smoothing": 0.0, "filter_eps": None, "V": 2, "D": 2}
SHIFTED = {"shift": AtLeast(1), "V": AtLeast(2)}


class ByWidth(DiceLoss):
    """The smoothing terms grow with the width of the image, which an order of its pixels leaves alone."""

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Tensor | None = None) -> Tensor:
        width = float(target.shape[-1]) if target.dim() > 1 else 1.0
        kept = self.smooth_dr
        self.smooth_nr = self.smooth_dr = 0.1 * width
        value = super().forward(logits, target, sample_weight)
        self.smooth_nr = self.smooth_dr = kept
        return value


class Downhill(BinaryCrossEntropyWithLogitsLoss):
    """Entries further down the last axis weigh more."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        places = torch.arange(logits.shape[-1], device=logits.device, dtype=logits.dtype)
        return super().value(logits, target) * (1 + places)


def finding(loss: str, claim: Claim, implementation: type | None = None) -> Finding:
    changes: dict[str, object] = {"claims": (claim,)}
    if implementation is not None:
        changes["module"] = f"{__name__}:{implementation.__name__}"
    spec = get(loss).model_copy(update=changes)
    return verify(spec, engine="here", only=[claim.property.kind]).losses[0].findings[0]


@pytest.mark.parametrize("group", ["all", "flips", "turns", "swaps"])
def test_values_of_entries_turn_with_the_image(group: Group) -> None:
    claim = SpatialInvariant(group=group).holds(when={"pos_weight": 1.0})
    assert finding("binary_cross_entropy_with_logits", claim).outcome == "held"
    assert finding("binary_cross_entropy_with_logits", claim, Downhill).outcome == "refuted"


def test_a_shift_along_the_tokens_gives_them_a_direction() -> None:
    assert finding("linear_cross_entropy", SpatialInvariant(group="flips").holds(when=SHIFTED)).outcome == "refuted"
    assert finding("linear_cross_entropy", SpatialInvariant().fails(when=UNSHIFTED)).outcome == "unconfirmed"


def test_a_turned_grid_shows_what_no_order_of_its_positions_shows() -> None:
    sizes = {"class_weights": None, "ignore_index": None, "C": 2}
    assert finding("dice", PermutationInvariant(over="points").holds(when=sizes), ByWidth).outcome == "held"
    assert finding("dice", SpatialInvariant(group="flips").holds(when=sizes), ByWidth).outcome == "held"
    found = finding("dice", SpatialInvariant(group="swaps").holds(when=sizes), ByWidth)
    assert found.outcome == "refuted"
    assert found.witness is not None
