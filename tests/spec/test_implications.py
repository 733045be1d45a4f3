"""The implication tree: what follows from what, which claims it refuses, and which it settles."""

from __future__ import annotations

from itertools import permutations

import pytest

from losskit import get
from losskit.spec import AtLeast, Between, Claim, LossSpec
from losskit.spec.errors import SpecError
from losskit.spec.expressions import symbol
from losskit.spec.properties import (
    KINDS,
    AffineInvariant,
    Bounded,
    ClassificationCalibrated,
    Concave,
    Convex,
    Differentiable,
    DivergenceAxioms,
    FisherConsistent,
    Homogeneous,
    MinimisedAt,
    NonNegative,
    PermutationInvariant,
    Proper,
    Property,
    QuasiConvex,
    ScaleInvariant,
    ShiftInvariant,
    Smooth,
    SpatialInvariant,
    StrictlyConvex,
    StrictlyProper,
    TopKCalibrated,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.properties.implications import IMPLICATIONS, consequences, contradiction, covers, joint_contradiction
from losskit.spec.regimes import regime_within

AFFINE = AffineInvariant(on="logits", axis="C")
SHIFT, SCALE = ShiftInvariant(on="logits", axis="C"), ScaleInvariant(on="logits", axis="C")


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        (AFFINE, SHIFT),
        (AFFINE, SCALE),
        (StrictlyConvex(on="logits"), Convex(on="logits")),
        (StrictlyConvex(on="logits"), QuasiConvex(on="logits")),
        (Convex(on=("a", "b")), Convex(on="b")),
        (Concave(on=("a", "b")), Concave(on="b")),
        (StrictlyConvex(on=("a", "b")), QuasiConvex(on="a")),
        (Bounded(lower=0.0), NonNegative()),
        (UpperBounds(target="zero_one"), NonNegative()),
        (Homogeneous(on="logits", degree=0.0), ScaleInvariant(on="logits", axis="all")),
        (Smooth(on="logits", constant=1.0), Differentiable(on="logits")),
        (DivergenceAxioms(of="input", origin=symbol("target")), NonNegative()),
        (DivergenceAxioms(of="input", origin=symbol("target")), ZeroAt(where={"input": symbol("target")})),
        (DivergenceAxioms(of="input", origin=symbol("target")), MinimisedAt(where={"input": symbol("target")})),
        (ClassificationCalibrated(), FisherConsistent()),
        (TopKCalibrated(k=1), FisherConsistent()),
        (StrictlyProper(), FisherConsistent()),
        (PermutationInvariant(over="points"), SpatialInvariant(group="flips")),
    ],
    ids=str,
)
def test_what_follows(stronger: Property, weaker: Property) -> None:
    assert weaker in list(consequences(stronger))


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (Bounded(lower=-1.0), NonNegative),
        (Bounded(upper=1.0), NonNegative),
        (Bounded(lower=symbol("tau")), NonNegative),
        (UpperBounds(target="ldr_kl"), NonNegative),
        (Homogeneous(on="logits"), ScaleInvariant),
        (Convex(on="logits"), StrictlyConvex),
        (ClassificationCalibrated(distributions="majority"), FisherConsistent),
        (TopKCalibrated(k=2), FisherConsistent),
        (StrictlyProper(scale=-1.0), FisherConsistent),
        (Proper(), FisherConsistent),
        (PermutationInvariant(over="batch"), SpatialInvariant),
    ],
    ids=str,
)
def test_what_does_not_follow(given: Property, kind: type[Property]) -> None:
    assert not [p for p in consequences(given) if isinstance(p, kind)]


@pytest.mark.parametrize("given", [AFFINE, StrictlyConvex(on=("a", "b")), Homogeneous(on="a", degree=0.0)], ids=str)
def test_nothing_follows_from_itself(given: Property) -> None:
    following = list(consequences(given))
    assert given not in following
    assert all(given not in list(consequences(weaker)) for weaker in following)


def test_every_edge_starts_at_a_kind_of_the_vocabulary() -> None:
    assert {edge.stronger.__name__ for edge in IMPLICATIONS} <= set(KINDS)


def _refused(*claims: Claim) -> str:
    spec = get("comp_sum")
    with pytest.raises(SpecError) as caught:
        LossSpec.model_validate({**spec.model_dump(), "claims": claims})
    return str(caught.value)


@pytest.mark.parametrize(
    ("strong", "weak"),
    [
        (AFFINE.holds(), SCALE.fails()),
        (
            StrictlyConvex(on="logits").holds(when={"tau": Between(0, 2)}),
            QuasiConvex(on="logits").fails(when={"tau": 1}),
        ),
        (Bounded(lower=0.0).holds(), NonNegative().fails(when={"C": AtLeast(2)})),
    ],
)
def test_a_claim_against_what_another_implies_is_refused(strong: Claim, weak: Claim) -> None:
    for one, other in ((strong, weak), (weak, strong)):
        sentence = _refused(one, other)
        assert f"the claims '{one}' and '{other}' contradict each other: {strong.property} implies " in sentence


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (StrictlyConvex(on="logits").holds(when={"tau": Between(0, 1)}), Convex(on="logits").fails(when={"tau": 2})),
        (StrictlyConvex(on="logits").fails(), Convex(on="logits").holds()),
        (AFFINE.fails(), SHIFT.holds()),
        (AFFINE.holds(), ScaleInvariant(on="logits", axis="C", factor="negative").fails()),
        (Convex(on="logits").holds(), Convex(on="target").fails()),
        (Bounded(lower=0.0).holds(), Bounded().fails()),
        (Bounded(upper=1.0).holds(), Bounded().fails(when={"tau": 1})),
        (Bounded(lower=-1.0, reach="attained").holds(), Bounded(tight=False).fails()),
        (NonNegative().holds(), Bounded().fails()),
        (Bounded(lower=0.0, upper=1.0).holds(when={"tau": 2}), Bounded().fails(when={"tau": 1})),
        (Bounded(lower=0.0).holds(), Bounded(lower=0.0, upper=1.0).fails()),
        (Bounded(lower=0.0, upper=1.0).holds(), Bounded(lower=0.0, upper=1.0, reach="attained").fails()),
        (Bounded(lower=0.0, upper=1.0, tight=False).holds(), Bounded(lower=0.0, upper=1.0).fails()),
        (Bounded().holds(), Bounded(lower=0.0, upper=1.0).fails()),
    ],
)
def test_claims_that_go_together(one: Claim, other: Claim) -> None:
    assert contradiction(one, other) == ""
    assert contradiction(other, one) == ""


@pytest.mark.parametrize(
    ("true", "false"),
    [
        (Bounded(lower=0.0, upper=1.0).holds(), Bounded().fails()),
        (Bounded(lower=0.0, upper=1.0, tight=False).holds(), Bounded().fails(when={"tau": 1})),
        (Bounded().holds(), Bounded().fails()),
        (Bounded(lower=0.0, upper=1.0).holds(), Bounded(lower=0.0).fails()),
        (Bounded(lower=0.0).holds(), Bounded(lower=0.0).fails()),
        (Bounded(lower=0.0, reach="attained").holds(), Bounded(lower=0.0).fails()),
        (Bounded(lower=0.0, upper=1.0).holds(), Bounded(lower=0.0, upper=1.0).fails()),
        (Bounded(lower=0.0, upper=1.0).holds(), Bounded(lower=0.0, upper=1.0, tight=False).fails()),
    ],
)
def test_bounds_that_contradict_each_other_are_refused(true: Claim, false: Claim) -> None:
    for one, other in ((true, false), (false, true)):
        assert f"the claims '{one}' and '{other}' contradict each other" in _refused(one, other)


LEAST, MOST = Bounded(lower=-1.0), Bounded(upper=1.0)


@pytest.mark.parametrize("below", [LEAST, NonNegative(), UpperBounds(target="zero_one")], ids=str)
def test_a_bound_below_and_one_above_together_contradict_that_there_is_none(below: Property) -> None:
    claims = (below.holds(), MOST.holds(when={"tau": Between(0, 2)}), Bounded().fails(when={"tau": 1}))
    told = f"the claims '{claims[0]}' and '{claims[1]}' together contradict '{claims[2]}'"
    assert all(told in _refused(*order) for order in permutations(claims))


@pytest.mark.parametrize(
    ("above", "unbounded"),
    [
        (MOST.holds(when={"tau": 2}), Bounded().fails(when={"tau": 1})),
        (MOST.model_copy(update={"absent": ("weight",)}).holds(), Bounded().fails()),
        (LEAST.holds(when={"tau": 1}), Bounded().fails()),
    ],
)
def test_bounds_that_leave_one_side_open_somewhere_go_together(above: Claim, unbounded: Claim) -> None:
    assert joint_contradiction((LEAST.holds(), above, unbounded)) == ""
    assert LossSpec.model_validate({**get("comp_sum").model_dump(), "claims": (LEAST.holds(), unbounded)})


def test_a_claim_that_holds_settles_weaker_ones_on_regimes_inside() -> None:
    strong = StrictlyConvex(on="logits").holds(when={"tau": Between(0, 1)})
    assert covers(strong, Convex(on="logits").holds(when={"tau": 1}))
    assert covers(strong, QuasiConvex(on="logits").holds(when={"tau": Between(0, 1), "C": AtLeast(2)}))
    assert not covers(strong, Convex(on="logits").holds(when={"tau": Between(0, 2)}))
    assert not covers(strong, Convex(on="logits").holds())
    assert not covers(strong, Convex(on="target").holds(when={"tau": 1}))
    assert not covers(Convex(on="logits").holds(), StrictlyConvex(on="logits").holds())


def test_a_claim_that_fails_settles_stronger_ones() -> None:
    weak = QuasiConvex(on="logits").fails(when={"C": AtLeast(2)})
    assert covers(weak, StrictlyConvex(on="logits").fails(when={"C": AtLeast(3)}))
    assert not covers(weak, StrictlyConvex(on="logits").fails())
    assert not covers(weak, StrictlyConvex(on="logits").holds(when={"C": AtLeast(2)}))
    assert not covers(StrictlyConvex(on="logits").fails(), QuasiConvex(on="logits").fails())


def test_every_group_of_turns_has_those_of_a_part() -> None:
    assert contradiction(SpatialInvariant().holds(), SpatialInvariant(group="turns").fails())
    assert contradiction(SpatialInvariant(group="turns").holds(), SpatialInvariant(group="flips").fails()) == ""


def test_what_only_follows_on_paper_settles_nothing() -> None:
    assert not covers(Smooth(on="logits", constant=1.0).holds(), Differentiable(on="logits").holds())


def test_regimes_inside_others() -> None:
    inner, outer = Convex(on="x").holds(when={"tau": 1, "C": 2}).when, Convex(on="x").holds(when={"tau": {1, 2}}).when
    assert regime_within(inner, outer)
    assert not regime_within(outer, inner)
    assert regime_within(outer, {})
    assert not regime_within({}, outer)
