"""Laws of invariances at losses that jump where the prediction changes."""

from __future__ import annotations

import pytest
import torch

from losskit import get
from losskit.conformance import verify
from losskit.conformance.kinds import laws_of
from losskit.conformance.subject import Data, Subject
from losskit.spec import Above, AtLeast, Claim
from losskit.spec.properties import Differentiable, PermutationInvariant, ShiftInvariant

JUMPS = "correctness_aware"


def outcome(claim: Claim, loss: str = JUMPS) -> str:
    spec = get(loss).model_copy(update={"claims": (claim,)})
    return verify(spec, profile="quick", only=(claim.property.kind,), engine="here").losses[0].findings[0].outcome


def test_a_shift_that_rounds_scores_to_a_tie_says_nothing_of_the_loss() -> None:
    claim = ShiftInvariant(on="logits", axis="C").holds()
    data: Data = {
        "logits": torch.tensor([[0.0, 1e-30, 0.0]], dtype=torch.float64),
        "target": torch.tensor([0]),
        "_shift": torch.ones(1, 1, dtype=torch.float64),
    }
    for law in laws_of(claim) or []:
        assert float(law.sides(Subject(get(JUMPS), {}), data).ratio()) == 0


@pytest.mark.parametrize(
    ("claim", "wanted"),
    [
        (PermutationInvariant(over="classes", region="distinct").holds(), "held"),
        (PermutationInvariant(over="classes").holds(), "refuted"),
        (Differentiable(on="logits", region="distinct").holds(when={"balanced": True}), "held"),
        (Differentiable(on="logits").holds(when={"balanced": True}), "refuted"),
    ],
    ids=str,
)
def test_rows_of_distinct_scores_are_a_region(claim: Claim, wanted: str) -> None:
    assert outcome(claim) == wanted


def test_class_weights_that_stay_behind_fall_at_distinct_scores_too() -> None:
    claim = PermutationInvariant(over="classes", region="distinct").holds(
        when={"class_weights": Above(0), "C": AtLeast(2)}
    )
    assert outcome(claim, "cross_entropy") == "refuted"
