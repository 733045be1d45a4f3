"""What a sum of losses inherits: each rule gives a claim that the harness holds, and a wrong rule is found out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

import losskit
from losskit.spec import Claim
from losskit.spec.composition import Given, derive
from losskit.spec.properties import Bounded, Convex, Lipschitz, QuasiConvex, ShiftInvariant, StrictlyProper
from losskit.spec.sums import RULES, Summands
from losskit.spec.tensors import real

REGRESSION = {"mse": 0.5, "huber": 2.0}
SCORES = {"logistic": 0.5, "squared_hinge": 2.0}
RULED = [
    pytest.param("non_negative", {"focal": 0.5, "crammer_singer": 1.0}, "NonNegative"),
    pytest.param("bounded", {"brier": 0.5, "mae_classification": 1.0}, "Bounded"),
    pytest.param("upper_bound", {"logistic": 0.5, "hinge": 1.0}, "UpperBounds"),
    pytest.param("convex", SCORES, "Convex"),
    pytest.param("strictly_convex", {"one_hot_mse": 0.5, "cross_entropy": 2.0}, "StrictlyConvex"),
    pytest.param("concave", {"comp_sum_bayes_risk": 1.0}, "Concave"),
    pytest.param("monotone", {"hinge": 1.0, "logistic": 0.5}, "Monotone"),
    pytest.param("triangle", {"mae": 0.5}, "TriangleInequality"),
    pytest.param("divergence", {"mse": 0.5, "huber": 1.0}, "DivergenceAxioms"),
    pytest.param("zero", REGRESSION, "ZeroAt"),
    pytest.param("minimised", {"mse": 0.5}, "MinimisedAt"),
    pytest.param("lipschitz", {"hinge": 0.5, "logistic": 2.0}, "Lipschitz"),
    pytest.param("smooth", REGRESSION, "Smooth"),
    pytest.param("differentiable", SCORES, "Differentiable"),
    pytest.param("invariant", {"cross_entropy": 0.5, "crammer_singer": 1.0}, "ShiftInvariant"),
    pytest.param("broken", {"cross_entropy": 0.5, "one_hot_mse": 0.1}, "ShiftInvariant"),
    pytest.param("proper", {"cross_entropy": 0.5, "brier": 1.0}, "Proper"),
    pytest.param("strictly_proper", {"cross_entropy": 0.5, "brier": 1.0}, "StrictlyProper", marks=pytest.mark.slow),
    pytest.param("elicits", {"mse": 0.5}, "Elicits"),
]


@pytest.mark.parametrize(("rule", "parts", "kind"), RULED)
def test_the_harness_holds_what_a_rule_gives(rule: str, parts: dict[str, float], kind: str) -> None:
    spec = losskit.compose(parts).spec
    alone = {function.__name__: function for function in RULES}
    given = [Given(losskit.get(name), {}, weight) for name, weight in parts.items()]
    claims = [claim for claim in derive(given, rules=(alone[rule],)).claims if claim.property.kind == kind]
    assert claims, f"{rule} gives no {kind} for {spec.name}; it has {[str(c) for c in spec.claims]}"
    report = losskit.verify(derive(given, rules=(alone[rule],)), device="cpu", only=[kind])
    found = {finding.claim: finding.outcome for finding in report.losses[0].findings}
    assert {str(claim) for claim in claims} <= found.keys()
    assert set(found.values()) <= {"held", "confirmed"}, report.losses[0].findings


def test_every_rule_is_in_the_table_and_says_why() -> None:
    assert [rule.__name__ for rule in RULES] == [*dict.fromkeys(entry.values[0] for entry in RULED)]
    assert all(rule.__doc__ and len(rule.__doc__) > 40 for rule in RULES)


def _root(input: Tensor) -> Tensor:
    """Square root of the distance from 0."""
    return (input.abs() + 1e-6).sqrt()


def _root_beside(input: Tensor) -> Tensor:
    """Square root of the distance from 1."""
    return ((input - 1).abs() + 1e-6).sqrt()


def _quasi_convex(parts: Summands) -> Iterator[Claim]:
    """The wrong rule: that sums of quasiconvex functions are quasiconvex."""
    wanted = QuasiConvex(on="input")
    if all(any(True for _ in part.holding(QuasiConvex)) for part in parts):
        yield wanted.holds(source="wrong")


def test_a_wrong_rule_is_refuted() -> None:
    claims = (QuasiConvex(on="input").holds(source="it has one valley"),)
    parts = [losskit.wrap(f, inputs=(real("input", "B"),), claims=claims).spec for f in (_root, _root_beside)]
    for spec in parts:
        assert losskit.verify(spec, device="cpu", only=["QuasiConvex"]).losses[0].findings[0].outcome == "held"
    given = [Given(spec, {}, 1.0) for spec in parts]
    assert not derive(given).claims or all(c.property.kind != "QuasiConvex" for c in derive(given).claims)
    wrong = derive(given, rules=(_quasi_convex,))
    (finding,) = losskit.verify(wrong, device="cpu", only=["QuasiConvex"]).losses[0].findings
    assert finding.outcome == "refuted"


def _claimed(parts: Any, kind: str) -> list[Claim]:
    return [claim for claim in losskit.compose(parts).spec.claims if claim.property.kind == kind]


def test_constants_are_expressions_of_the_weights() -> None:
    claim = next(c for c in _claimed({"hinge": 1.0, "logistic": 1.0}, "Lipschitz"))
    assert isinstance(claim.property, Lipschitz)
    assert str(claim.property.constant) == "weight_hinge + weight_logistic" or "weight_hinge * 1" in str(
        claim.property.constant
    )
    assert not claim.property.tight


def test_an_end_that_a_part_lacks_is_left_out() -> None:
    assert _claimed({"cross_entropy": 1.0, "brier": 1.0}, "Bounded") == []
    (claim,) = _claimed({"brier": 1.0, "mae_classification": 1.0}, "Bounded")
    assert isinstance(claim.property, Bounded)
    assert claim.property.lower == 0.0


def test_a_regime_of_a_part_is_looked_up_at_its_parameters() -> None:
    inside = losskit.create("comp_sum", tau=1.0)
    outside = losskit.create("comp_sum", tau=1.5)
    convex = Convex(on="logits")
    assert any(c.property == convex for c in losskit.compose([(inside, 1.0), ("cross_entropy", 1.0)]).spec.claims)
    assert not any(c.property == convex for c in losskit.compose([(outside, 1.0), ("cross_entropy", 1.0)]).spec.claims)


def test_what_one_part_lacks_fails_for_positive_weights_alone() -> None:
    claims = _claimed({"cross_entropy": 0.5, "one_hot_mse": 0.1}, "ShiftInvariant")
    (failing,) = [claim for claim in claims if claim.verdict == "fails"]
    assert failing.property == ShiftInvariant(on="logits", axis="C")
    assert "weight_one_hot_mse" in failing.when
    assert "weight_cross_entropy" not in failing.when


def test_calibration_is_not_inherited_and_propriety_is() -> None:
    parts = {"cross_entropy": 0.5, "brier": 1.0}
    assert _claimed(parts, "ClassificationCalibrated") == []
    assert {claim.property for claim in _claimed(parts, "StrictlyProper")} == {StrictlyProper()}


def test_weights_of_zero_or_more_are_drawn() -> None:
    field = losskit.compose({"hinge": 1.0}).spec.parameters.get("weight_hinge")
    assert field is not None
    assert 0.0 in field.domain
    assert -1e-9 not in field.domain
    assert torch.tensor(field.default) == 1.0
