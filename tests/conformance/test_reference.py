"""Comparison with the oracle: gradients of every batch, not of the smallest one alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.claims import verify_claim
from losskit.conformance.report import Finding
from losskit.plugins.binary.exponential.loss import ExponentialLoss
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.spec.properties import MatchesReference


class FirstRowsOnly(CompSumLoss):
    """The right value, and no gradient from the third row on."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        return super().value(torch.cat([logits[:2], logits[2:].detach()]), target)


class OneEntryOff(CompSumLoss):
    """The right value; the gradient of the last row's first score is a hundredth too large where there are four rows."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        if len(logits) < 4:
            return super().value(logits, target)
        off = torch.zeros_like(logits)
        off[-1, 0] = 0.01
        return super().value(logits + off * (logits - logits.detach()), target)


class OffBesideOverflow(ExponentialLoss):
    """A hundredth too large in the rows beside one that overflows."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        exact = super().value(logits, target)
        return torch.where(exact.isinf().any() & exact.isfinite(), 1.01 * exact, exact)


def found(implementation: type, loss: str = "comp_sum") -> Finding:
    spec = get(loss).model_copy(update={"module": f"{__name__}:{implementation.__name__}"})
    return verify(spec, only=["MatchesReference"], engine="here", device="cpu").losses[0].findings[0]


@pytest.mark.parametrize("implementation", [FirstRowsOnly, OneEntryOff])
def test_a_gradient_that_is_wrong_in_larger_batches_alone_is_found(implementation: type) -> None:
    finding = found(implementation)
    assert finding.outcome == "refuted", finding.reason
    assert "gradient of logits against differences of the oracle" in finding.reason


def test_a_row_is_allowed_its_own_rounding_and_not_that_of_a_row_that_overflows() -> None:
    assert found(ExponentialLoss, "exponential").outcome == "held"
    finding = found(OffBesideOverflow, "exponential")
    assert finding.outcome == "refuted"
    assert "unreduced value" in finding.reason


def test_a_right_gradient_stands() -> None:
    assert found(CompSumLoss).outcome == "held"


def test_infinite_values_have_no_differences() -> None:
    spec = get("smooth_adversarial_comp_sum")
    claim = MatchesReference().holds(when={"tau": 0.0, "rho": 1e-3})  # exp(logits / rho) overflows a float64
    assert verify_claim(spec, claim, "quick", 0, "cpu").outcome == "held"
