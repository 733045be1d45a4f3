"""What counts as a counterexample: sides that are numbers, the edge layer's near misses, ends that differ."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance import verify
from losskit.conformance.laws.base import Sides
from losskit.conformance.report import Finding
from losskit.conformance.subject import Data, Subject
from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.plugins.regression.mae.loss import MAELoss
from losskit.plugins.regression.mse.loss import MSELoss
from losskit.spec import Claim
from losskit.spec.expressions import log, symbol
from losskit.spec.properties import Bounded, Elicits, Smooth, StrictlyConvex, TranslationInvariant
from losskit.spec.tensors import Real

C = symbol("C")
BOTH = ("input", "target")


class NoNumberFarOut(CompSumLoss):
    """Bounded by log C, and no number where scores pass a million."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        entropy = torch.special.entr(logits.softmax(1)).sum(1) + 0.0 * target
        return torch.where(logits.abs().amax(1) > 1e6, torch.nan, entropy)


class Entropy(CompSumLoss):
    """Between 0 and log C."""

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        entropy: Tensor = torch.special.entr(logits.softmax(1)).sum(1) + 0.0 * target
        return entropy


class FarAwayFlat(MSELoss):
    """Convex out to a residual of 120, where it is cut off."""

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        return super().value(input, target).clamp(max=120.0**2)


class OwnMean(MAELoss):
    """Each row is taken relative to its own mean, which a vector moves and a number does not."""

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        return (input - input.mean(-1, keepdim=True)).abs() + 0.0 * target


def found(
    loss: str, claim: Claim, implementation: type | None = None, changes: Mapping[str, object] | None = None
) -> Finding:
    given: dict[str, object] = {"claims": (claim,), **(changes or {})}
    if implementation is not None:
        given["module"] = f"{__name__}:{implementation.__name__}"
    spec = get(loss).model_copy(update=given)
    return verify(spec, only=[claim.property.kind], engine="here", device="cpu").losses[0].findings[0]


def test_what_is_no_number_is_no_witness_of_a_failure() -> None:
    assert found("comp_sum", Bounded().fails(), NoNumberFarOut).outcome == "unconfirmed"


def test_a_range_of_one_point_shows_no_bound_to_be_tight() -> None:
    loose = found("comp_sum", Bounded(lower=0.0, upper=3 * log(C)).holds(), Entropy)
    assert loose.outcome == "refuted"
    assert "loose" in loose.reason
    assert found("comp_sum", Bounded(lower=0.0, upper=log(C)).holds(), Entropy).outcome == "held"


@pytest.mark.parametrize(
    ("loss", "claim"),
    [
        ("mse", Smooth(on="input", constant=1.0, tight=False).holds()),
        ("mae", Elicits(functional="mean", on="input", of="target").fails()),
    ],
    ids=str,
)
def test_a_witness_is_not_made_simple_beyond_what_the_law_needs(loss: str, claim: Claim) -> None:
    witness = found(loss, claim).witness
    assert witness is not None
    assert all(side == side and abs(side) < float("inf") for side in (witness.left, witness.right))
    (of,) = (
        name for name in ("_weights", "_input") if name in witness.inputs
    )  # nothing is left of the law where these are 0
    assert torch.tensor(witness.inputs[of]).abs().sum() > 0


def test_strict_convexity_is_asked_of_long_segments_too() -> None:
    claim = StrictlyConvex(on="input").holds()
    assert found("mse", claim).outcome == "held"
    assert found("mse", claim, FarAwayFlat).outcome == "refuted"


def test_vectors_are_moved_by_a_vector() -> None:
    rows = tuple(entry.model_copy(update={"shape": ("B", "D"), "domain": Real()}) for entry in get("mae").inputs)
    changes = {"inputs": rows, "output": ("B", "D")}
    claim = TranslationInvariant(on="input").holds()
    assert found("mae", claim, OwnMean, changes).outcome == "refuted"
    both = TranslationInvariant(on=BOTH).holds()
    assert found("mae", both, changes=changes).outcome == "held"


def test_near_misses_of_the_edge_layer_leave_a_claim_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    from losskit.conformance.laws import analytic

    def nearly(_: object, subject: Subject, data: Data) -> Sides:
        value = subject.value(data).detach()
        small = len(value) <= 4  # batches of chance and of ascent have more rows
        return Sides(torch.full_like(value, 5e-9 if small else -1.0), torch.zeros_like(value), "at_most")

    monkeypatch.setattr(analytic.Sign, "sides", nearly)
    claim = next(c for c in get("mse").claims if c.property.kind == "NonNegative")
    finding = found("mse", claim)
    assert finding.outcome == "undecided"
    assert finding.worst is not None
    assert 1 < finding.worst < 10
