"""What follows from what: the implication tree of the vocabulary, one entry an edge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from losskit.spec.expressions import Expression
from losskit.spec.properties.analytic import (
    Bounded,
    Concave,
    Continuous,
    Convex,
    Differentiable,
    DivergenceAxioms,
    Lipschitz,
    MinimisedAt,
    NonNegative,
    QuasiConvex,
    Smooth,
    StrictlyConvex,
    ZeroAt,
)
from losskit.spec.properties.base import Claim, Property, implies
from losskit.spec.properties.decision import (
    ClassificationCalibrated,
    FisherConsistent,
    NoiseTolerant,
    Proper,
    StrictlyProper,
    TopKCalibrated,
)
from losskit.spec.properties.invariance import (
    AffineInvariant,
    Homogeneous,
    PermutationInvariant,
    ScaleInvariant,
    ShiftInvariant,
    SpatialInvariant,
)
from losskit.spec.properties.relation import TARGETS, UpperBounds
from losskit.spec.regimes import regime_within, regimes_intersection, regimes_overlap


@dataclass(frozen=True)
class Implication:
    """An edge of the tree.

    Attributes:
        stronger: the kind that implies.
        weaker: the properties that follow from one of that kind; none where its arguments do not allow it.
        searched: whether the search for a counterexample to the stronger property would find one to the weaker.
    """

    stronger: type[Property]
    weaker: Callable[[Any], tuple[Property, ...]]
    searched: bool = True


def _alone(given: Any) -> tuple[Property, ...]:
    """What holds in several inputs jointly holds in each of them."""
    names = given.subjects()
    return tuple(type(given)(on=name) for name in names) if len(names) > 1 else ()


def _not_negative(bounded: Bounded) -> tuple[Property, ...]:
    below_zero = bounded.lower is None or isinstance(bounded.lower, Expression) or bounded.lower < 0
    return () if below_zero else (NonNegative(),)


def _without_degree(given: Homogeneous) -> tuple[Property, ...]:
    return (ScaleInvariant(on=given.on, axis="all"),) if given.degree == 0 else ()


def _of_minimisers(given: NoiseTolerant) -> tuple[Property, ...]:
    return (NoiseTolerant(noise=given.noise, rate=given.rate, rows="free"),) if given.rows == "any" else ()


def _decided(given: StrictlyProper) -> tuple[Property, ...]:
    """The one row that states p ranks its classes in the order of p, if more score is more probability."""
    rising = not isinstance(given.scale, Expression) and given.scale > 0
    return (FisherConsistent(),) if rising else ()


def _of_all(given: ClassificationCalibrated) -> tuple[Property, ...]:
    return (FisherConsistent(),) if given.distributions == "all" else ()


def _of_the_first(given: TopKCalibrated) -> tuple[Property, ...]:
    return (ClassificationCalibrated(),) if given.k == 1 else ()


def _of_positions(given: PermutationInvariant) -> tuple[Property, ...]:
    """A flip is an order of the positions; a turn may change the shape of the grid, which no order does."""
    return (SpatialInvariant(group="flips"),) if given.over == "points" else ()


IMPLICATIONS: tuple[Implication, ...] = (
    Implication(AffineInvariant, lambda p: (ShiftInvariant(on=p.on, axis=p.axis),)),
    Implication(AffineInvariant, lambda p: (ScaleInvariant(on=p.on, axis=p.axis),)),
    Implication(PermutationInvariant, _of_positions, searched=False),  # other orders are tried
    Implication(Homogeneous, _without_degree, searched=False),  # its law does not look at the gradient
    Implication(Bounded, _not_negative),
    Implication(UpperBounds, lambda p: (NonNegative(),) if p.target in TARGETS and p.offset == 0 else ()),
    Implication(DivergenceAxioms, lambda p: (NonNegative(), ZeroAt(where={p.of: p.origin}))),
    Implication(
        DivergenceAxioms, lambda p: (MinimisedAt(where={p.of: p.origin}),)
    ),  # zero, where nothing is below zero
    Implication(StrictlyConvex, lambda p: (Convex(on=p.on),)),
    Implication(StrictlyConvex, _alone),
    Implication(Convex, lambda p: (QuasiConvex(on=p.on),)),
    Implication(Convex, _alone),
    Implication(QuasiConvex, _alone),
    Implication(Concave, _alone),
    Implication(StrictlyProper, lambda p: (Proper(link=p.link, scale=p.scale),)),
    Implication(StrictlyProper, _decided, searched=False),  # other rows are tried
    Implication(ClassificationCalibrated, _of_all),
    Implication(TopKCalibrated, _of_the_first),
    Implication(NoiseTolerant, _of_minimisers, searched=False),  # another problem is solved for each
    Implication(Smooth, lambda p: (Differentiable(on=p.on),), searched=False),  # curvature says nothing of kinks
    Implication(Differentiable, lambda p: (Continuous(on=p.on),) if p.region == "all" else (), searched=False),
    Implication(Lipschitz, lambda p: (Continuous(on=p.on),) if p.region == "all" else (), searched=False),
    Implication(Continuous, _alone),
)


def consequences(given: Property, *, searched: bool = False) -> Iterator[Property]:
    """All that follows from a property, by one edge or several; with ``searched`` only by edges of that sort.

    From what holds without some inputs nothing follows: the weaker properties are those of the loss with all of them.
    """
    for edge in () if given.absent else IMPLICATIONS:
        if type(given) is edge.stronger and (edge.searched or not searched):
            for weaker in edge.weaker(given):
                yield weaker
                yield from consequences(weaker, searched=searched)


def contradiction(one: Claim, other: Claim) -> str:
    """Why two claims cannot both be true, in words; empty where they can."""
    if one.contradicts(other):
        return f"the claims '{one}' and '{other}' contradict each other"
    if one.verdict == other.verdict or not regimes_overlap(one.when, other.when):
        return ""
    true, false = (one, other) if one.verdict == "holds" else (other, one)
    for weaker in consequences(true.property):
        if implies(weaker, false.property):
            return f"the claims '{one}' and '{other}' contradict each other: {true.property} implies {weaker}"
    return ""


def joint_contradiction(claims: Sequence[Claim]) -> str:
    """Why a value that nothing bounds is bounded below by one claim and above by another; empty where it is not."""
    holding = [claim for claim in claims if claim.verdict == "holds"]
    for failing in claims:
        if failing.verdict != "fails" or not isinstance(failing.property, Bounded) or _names_an_end(failing.property):
            continue
        for below, above in product(holding, holding):
            shared = regimes_intersection(failing.when, below.when)
            together = shared is not None and regimes_overlap(shared, above.when)
            if together and _ends(below.property)[0] and _ends(above.property)[1]:
                return f"the claims '{below}' and '{above}' together contradict '{failing}'"
    return ""


def _names_an_end(given: Bounded) -> bool:
    return given.lower is not None or given.upper is not None


def _ends(given: Property) -> tuple[bool, bool]:
    """Whether a property, or what follows from it, bounds the value below, and above; of the loss with all its inputs."""
    every = () if given.absent else (given, *consequences(given))
    below = any(isinstance(p, NonNegative) or (isinstance(p, Bounded) and p.lower is not None) for p in every)
    return below, any(isinstance(p, Bounded) and p.upper is not None for p in every)


def covers(one: Claim, other: Claim) -> bool:
    """Whether what is found out about one claim settles another.

    A stronger property that holds settles every weaker one that is claimed to hold on a regime inside its own; a weaker
    one that fails settles the stronger one that is claimed to fail there.
    """
    if one.verdict != other.verdict or not regime_within(other.when, one.when):
        return False
    strong, weak = (one, other) if one.verdict == "holds" else (other, one)
    return any(weaker == weak.property for weaker in consequences(strong.property, searched=True))
