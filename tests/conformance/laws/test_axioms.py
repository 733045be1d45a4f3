"""Axioms of divergences: each loss misses another one, and those that satisfy all are told from them."""

from __future__ import annotations

import pytest
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.report import Finding
from losskit.plugins.regression.mse.loss import MSELoss
from losskit.spec import Claim
from losskit.spec.expressions import log, maximum, symbol
from losskit.spec.properties import DivergenceAxioms

TARGET = symbol("target")
OF_POINTS = DivergenceAxioms(of="input", origin=TARGET)
MARGIN = DivergenceAxioms(of="logits", origin=symbol("margin") * (2 * TARGET - 1))
LOG_ODDS = log(maximum(TARGET, 1e-300)) - log(maximum(1 - TARGET, 1e-300))


class Indifferent(MSELoss):
    """Nothing counts within a distance of 1/100."""

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        return ((input - target).abs() - 0.01).clamp(min=0).square()


class Signed(MSELoss):
    """The third power keeps the sign of the residual."""

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        return (input - target) ** 3


class Lifted(MSELoss):
    """A constant beside the square."""

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        return super().value(input, target) + 1e-3


def finding(loss: str, claim: Claim, implementation: type | None = None) -> Finding:
    changes: dict[str, object] = {"claims": (claim,)}
    if implementation is not None:
        changes["module"] = f"{__name__}:{implementation.__name__}"
    return verify(get(loss).model_copy(update=changes), engine="here", only=["DivergenceAxioms"]).losses[0].findings[0]


@pytest.mark.parametrize(
    ("loss", "given", "expected"),
    [
        ("mse", OF_POINTS, "held"),
        ("mae", OF_POINTS, "held"),
        ("hinge", MARGIN, "refuted"),
        ("mse", DivergenceAxioms(of="input", origin=TARGET + 0.1), "refuted"),
        ("binary_cross_entropy_with_logits", DivergenceAxioms(of="logits", origin=LOG_ODDS), "refuted"),
    ],
    ids=str,
)
def test_losses_that_are_divergences_are_told_from_others(loss: str, given: DivergenceAxioms, expected: str) -> None:
    assert finding(loss, given.holds()).outcome == expected


@pytest.mark.parametrize(
    ("implementation", "axiom"),
    [
        (Indifferent, "the least value that counts at this distance from the origin, and the value"),
        (Signed, "the value"),
        (Lifted, "the size of the value at the place, and zero"),
    ],
    ids=lambda given: given.__name__ if isinstance(given, type) else "",
)
def test_each_axiom_has_a_witness_of_its_own(implementation: type, axiom: str) -> None:
    found = finding("mse", OF_POINTS.holds(), implementation)
    assert found.outcome == "refuted"
    assert found.witness is not None
    assert axiom in found.witness.detail


def test_a_divergence_has_no_witness_against_it() -> None:
    assert finding("mse", OF_POINTS.fails()).outcome == "unconfirmed"
