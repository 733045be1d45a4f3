"""The two lines a plugin author writes."""

from __future__ import annotations

import pytest

from losskit import get
from losskit.conformance.engine import verify_claim
from losskit.conformance.testing import claim_tests, explain
from losskit.spec import Between
from losskit.spec.properties import Convex

test_mae_classification = claim_tests(
    "mae_classification", only=["WorkedExamples", "Reduces", "IgnoresIndex", "NonNegative", "LabelSymmetric"]
)


def test_a_claim_that_falls_is_explained_with_its_witness() -> None:
    claim = Convex(on="logits").holds(when={"C": Between(2, 3)})
    spec = get("mae_classification")
    finding = verify_claim(spec, claim, "quick", 0, "cpu")
    text = explain(finding)
    assert "refuted" in text
    assert "losskit verify mae_classification --profile quick --seed 0 --only Convex" in text
    assert "torch.tensor(" in text


def test_a_falling_claim_fails_its_test() -> None:
    spec = get("mae_classification").model_copy(update={"claims": (Convex(on="logits").holds(when={"C": 2}),)})
    test = claim_tests(spec, only=["Convex"])
    with pytest.raises(AssertionError, match="refuted"):
        test(spec.claims[0])
