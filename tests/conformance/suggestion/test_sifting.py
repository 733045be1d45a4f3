"""Which claims say nothing beyond others."""

from __future__ import annotations

from losskit.conformance.suggestion.sifting import Sieve, follows
from losskit.spec import Between
from losskit.spec.properties import (
    Bounded,
    Convex,
    Differentiable,
    Lipschitz,
    Monotone,
    NonNegative,
    QuasiConvex,
    StrictlyConvex,
)


def test_a_weaker_property_follows_where_the_stronger_holds() -> None:
    strong = Convex(on="logits").holds(when={"tau": Between(0, 1)})
    assert follows(QuasiConvex(on="logits").holds(when={"tau": 1.0}), strong)
    assert not follows(QuasiConvex(on="logits").holds(), strong)
    assert not follows(strong, QuasiConvex(on="logits").holds())


def test_a_stronger_property_fails_where_the_weaker_does() -> None:
    assert follows(StrictlyConvex(on="logits").fails(), Convex(on="logits").fails())
    assert follows(Lipschitz(on=("a", "b")).fails(), Lipschitz(on="a").fails())
    assert follows(Monotone(on="x", direction="increasing").fails(), Monotone(on="x", direction="decreasing").holds())


def test_a_higher_order_says_more() -> None:
    assert follows(Differentiable(on="x").holds(), Differentiable(on="x", order=2).holds())
    assert not follows(Differentiable(on="x", order=2).holds(), Differentiable(on="x").holds())


def test_what_the_spec_speaks_of_is_not_wanted() -> None:
    sieve = Sieve((Lipschitz(on="x", constant=2.0).holds(),), set())
    assert sieve.wanted([Lipschitz(on="x"), Lipschitz(on="y")]) == [Lipschitz(on="y")]


def test_a_contradiction_is_refused_with_the_reason() -> None:
    sieve = Sieve((Bounded().fails(),), set())
    kept, implied = sieve.sift([Bounded(lower=0.0, upper=1.0).holds()], lambda _claim: "held")
    assert (kept, implied) == ([], [])
    assert "contradict" in sieve.refused[0].reason


def test_what_contradicts_two_claims_together_is_refused_with_the_reason() -> None:
    sieve = Sieve((Bounded().fails(), NonNegative().holds()), set())
    kept, implied = sieve.sift([Bounded(upper=1.0).holds()], lambda _claim: "held")
    assert (kept, implied) == ([], [])
    assert "together contradict" in sieve.refused[0].reason
