"""The region of positive values: the kink of a norm at 0 lies outside, any other is found."""

from __future__ import annotations

import pytest

from losskit import get
from losskit.conformance import verify
from losskit.spec import Claim
from losskit.spec.properties import Differentiable

LINE = {"frame": "etf", "C": 2, "D": 1}  # a classifier of two numbers, and the ideal is a line through the plane


@pytest.mark.parametrize(
    ("loss", "claim", "outcome"),
    [
        ("nc2_frame", Differentiable(on="weight", region="positive").holds(when=LINE), "held"),
        ("nc2_frame", Differentiable(on="weight").fails(when=LINE), "confirmed"),
        ("mae", Differentiable(on="input", region="positive").holds(), "held"),
        ("hinge", Differentiable(on="logits", region="positive").holds(when={"margin": 1.0}), "held"),
        ("huber", Differentiable(on="input", order=2, region="positive").holds(when={"delta": 1.0}), "refuted"),
        ("crammer_singer", Differentiable(on="logits", region="positive").holds(when={"margin": 1.0}), "refuted"),
    ],
    ids=str,
)
def test_the_kink_of_a_norm_at_0_is_outside_the_region(loss: str, claim: Claim, outcome: str) -> None:
    spec = get(loss).model_copy(update={"claims": (claim,)})
    finding = verify(spec, only=["Differentiable"]).losses[0].findings[0]
    assert finding.outcome == outcome
