"""First variations: entropy's is minus the correction, whatever the curve, and slips in value or gradient are seen."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.laws.variation import Variation
from losskit.conformance.report import Finding
from losskit.conformance.subject import Subject
from losskit.plugins.law.activation_entropy.loss import ActivationEntropyLoss
from losskit.spec.expressions import symbol
from losskit.spec.properties import FirstVariation

ARGUMENTS: dict[str, Any] = {
    "of": "y",
    "slope": "dy",
    "weights": "quadrature",
    "other": "eafo_correction",
    "bend": "d2y",
    "parameters": {"mean": symbol("mean"), "std": symbol("std")},
}
MINUS = FirstVariation(**ARGUMENTS, scale=-1.0)
NEAR = {"mean": 0.0, "std": 1.0}


class Bits(ActivationEntropyLoss):
    """The entropy in bits, whose variation is another multiple."""

    def forward(self, y: Tensor, dy: Tensor, quadrature: Tensor) -> Tensor:
        return super().forward(y, dy, quadrature) / math.log(2)


class Still(ActivationEntropyLoss):
    """The density is taken for a constant: the value is right, and the gradient is not."""

    def forward(self, y: Tensor, dy: Tensor, quadrature: Tensor) -> Tensor:
        return super().forward(y.detach(), dy, quadrature) + 0 * y.sum()


def finding(
    given: FirstVariation, verdict: str, module: type | None = None, loss: str = "activation_entropy"
) -> Finding:
    claim = getattr(given, verdict)(when=NEAR if loss == "activation_entropy" else None)
    changes: dict[str, object] = {"claims": (claim,)}
    if module is not None:
        changes["module"] = f"{__name__}:{module.__name__}"
    spec = get(loss).model_copy(update=changes)
    return verify(spec, engine="here", device="cpu", only=["FirstVariation"]).losses[0].findings[0]


@pytest.mark.parametrize(
    ("given", "true"),
    [
        (MINUS, True),
        (FirstVariation(**ARGUMENTS), False),
        (FirstVariation(**ARGUMENTS, scale=-1 / symbol("std")), True),
        (FirstVariation(**ARGUMENTS, scale=-0.999), False),
        (FirstVariation(**{**ARGUMENTS, "parameters": {"mean": 0.1}}, scale=-1.0), False),
    ],
)
def test_the_right_multiple_of_the_right_loss_is_told_from_others(given: FirstVariation, true: bool) -> None:
    assert finding(given, "holds").outcome == ("held" if true else "refuted")
    assert finding(given, "fails").outcome == ("unconfirmed" if true else "confirmed")


@pytest.mark.parametrize("module", [Bits, Still], ids=lambda given: given.__name__)
def test_a_slip_in_value_or_gradient_is_refuted(module: type) -> None:
    assert finding(MINUS, "holds", module).outcome == "refuted"


def test_a_witness_is_a_curve_and_can_be_shown_again() -> None:
    found = finding(FirstVariation(**ARGUMENTS), "holds")
    assert found.witness is not None
    assert {*found.witness.inputs} == {"__curve"}
    assert found.witness.left == pytest.approx(-found.witness.right, rel=1e-9)


def test_nodes_too_few_for_a_narrow_density_are_no_witness() -> None:
    law = Variation(MINUS.holds())
    curve = torch.tensor([0.0, 1.0, 0.1, 1.0, 0.5], dtype=torch.float64)
    found = law.sides(Subject(get("activation_entropy"), {"std": 1e-3}), {"__curve": curve})
    assert found.ratio().item() <= 1


def test_samples_that_stand_alone_have_no_variation() -> None:
    given = FirstVariation(of="input", slope="target", weights="target", other="eafo_correction", bend="d2y")
    found = finding(given, "holds", loss="mse")
    assert found.outcome == "error"
    assert "wants one value for all nodes of a curve" in found.reason


def test_a_loss_that_is_not_installed_leaves_the_claim_open() -> None:
    found = finding(FirstVariation(**{**ARGUMENTS, "other": "nowhere"}), "holds")
    assert found.outcome == "not_applicable"
    assert "nowhere" in found.reason
