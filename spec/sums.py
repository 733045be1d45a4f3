"""Which properties a sum of losses with weights of at least 0 inherits: a rule each, with its proof.

In the proofs ``l = w_1 l_1 + ... + w_n l_n`` with every ``w_i >= 0``, and x stands for all inputs. The sum takes every input
that some part takes, and a part is a constant in the inputs it does not take. Where parts share no rows, l_i stands for the
mean of the part; what is claimed of rows holds of their mean by the same rules, with weights 1/n.

What no rule carries is not claimed of the sum. Quasiconvexity is one such: the square roots of ``|x|`` and ``|x - 1|`` have it,
and their sum, with valleys at 0 and at 1, has not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from losskit.spec.expressions import Expression, Scalar, symbol
from losskit.spec.properties import (
    AffineInvariant,
    ArgumentSymmetric,
    Bounded,
    Claim,
    Concave,
    Continuous,
    Convex,
    Differentiable,
    DivergenceAxioms,
    DuplicationInvariant,
    Elicits,
    Homogeneous,
    LabelSymmetric,
    Lipschitz,
    MarginBased,
    MinimisedAt,
    Monotone,
    NonNegative,
    PermutationInvariant,
    Proper,
    Property,
    RotationInvariant,
    ScaleInvariant,
    ShiftInvariant,
    Smooth,
    SpatialInvariant,
    StrictlyConvex,
    StrictlyProper,
    TranslationInvariant,
    TriangleInequality,
    UpperBounds,
    ZeroAt,
)
from losskit.spec.properties.base import implies
from losskit.spec.properties.implications import consequences
from losskit.spec.regimes import Above, When, regime_within, regimes_intersection


@dataclass(frozen=True)
class Summand:
    """One part of a sum, as the rules see it.

    Attributes:
        label: its name.
        weight: the parameter it is multiplied with.
        inputs: names of what it takes.
        claims: what is true of it, with regimes of sizes alone.
    """

    label: str
    weight: str
    inputs: frozenset[str]
    claims: tuple[Claim, ...]

    def lacks(self, given: Property) -> bool:
        """Whether the part is a constant in everything the property speaks of."""
        return bool(given.subjects()) and not self.inputs & set(given.subjects())

    def holding(self, kind: type[Property]) -> Iterator[tuple[When, Any]]:
        """Properties of a kind that hold, claimed or implied, each with its regime."""
        for claim in self.claims:
            if claim.verdict == "holds":
                for known in (claim.property, *consequences(claim.property)):
                    if isinstance(known, kind):
                        yield claim.when, known

    def failing(self, kind: type[Property]) -> Iterator[tuple[When, Any]]:
        """Properties of a kind that are claimed to fail."""
        for claim in self.claims:
            if claim.verdict == "fails" and isinstance(claim.property, kind):
                yield claim.when, claim.property


Summands = Sequence[Summand]
Fit = Callable[[Any, Any], bool]


def _wanted(parts: Summands, kind: type[Property]) -> list[Any]:
    """Every property of a kind that some part has."""
    return _distinct(known for part in parts for _, known in part.holding(kind))


def _distinct(given: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for entry in given:
        if entry not in found:
            found.append(entry)
    return found


def _known(part: Summand, wanted: Property, fit: Fit) -> list[tuple[When, Any]]:
    """Where a part is known to have a property; everywhere, without a word of its own, where it is a constant."""
    if part.lacks(wanted):
        return [({}, None)]
    return [(when, known) for when, known in part.holding(type(wanted)) if fit(known, wanted)]


def _together(parts: Summands, wanted: Property, fit: Fit = implies) -> Iterator[tuple[When, tuple[Any, ...]]]:
    """Regimes on which every part has a property, with what each part says there."""
    for choice in product(*(_known(part, wanted, fit) for part in parts)):
        when: When | None = {}
        for regime, _ in choice:
            when = None if when is None else regimes_intersection(when, regime)
        if when is not None:
            yield when, tuple(known for _, known in choice)


def _carried(parts: Summands, kind: type[Property], source: str) -> Iterator[Claim]:
    for wanted in _wanted(parts, kind):
        for when, _ in _together(parts, wanted):
            yield wanted.holds(when=when, source=source)


def non_negative(parts: Summands) -> Iterator[Claim]:
    """NonNegative: every ``w_i l_i(x)`` is a product of numbers that are not below 0, and so is their sum."""
    yield from _carried(parts, NonNegative, "sum of parts that are never negative")


def convex(parts: Summands) -> Iterator[Claim]:
    """Convex: Jensen's inequality of each part, times ``w_i >= 0``, added up, is that of the sum."""
    yield from _carried(parts, Convex, "sum of convex parts")


def concave(parts: Summands) -> Iterator[Claim]:
    """Concave: the same with the inequality turned round."""
    yield from _carried(parts, Concave, "sum of concave parts")


def strictly_convex(parts: Summands) -> Iterator[Claim]:
    """StrictlyConvex: the gap in Jensen's inequality is the sum of the parts' gaps.

    None is negative where all parts are convex, and that of a strictly convex part is positive, times its weight if that is
    above 0.
    """
    for part in parts:
        others = [other for other in parts if other is not part]
        for regime, wanted in part.holding(StrictlyConvex):
            for when, _ in _together(others, Convex(on=wanted.on)):
                both = regimes_intersection(regime, when)
                if both is not None:
                    yield wanted.holds(
                        when={**both, part.weight: Above(0)}, source=f"{part.label} is, the others are convex"
                    )


def monotone(parts: Summands) -> Iterator[Claim]:
    """Monotone: where an entry grows no ``w_i l_i`` moves against the direction, and neither does their sum."""
    yield from _carried(parts, Monotone, "all parts move in this direction")


def triangle(parts: Summands) -> Iterator[Claim]:
    """TriangleInequality: the inequalities of the parts, times ``w_i >= 0``, add up."""
    yield from _carried(parts, TriangleInequality, "sum of parts that satisfy it")


def divergence(parts: Summands) -> Iterator[Claim]:
    """DivergenceAxioms: a sum of values that are not negative is zero where each is zero, and nowhere else.

    That is at the origin of a part with the axioms, if its weight is above 0 and the other parts are zero there.
    """
    for part in parts:
        others = [other for other in parts if other is not part]
        for regime, wanted in part.holding(DivergenceAxioms):
            place = ZeroAt(where={wanted.of: wanted.origin})
            if any(other.lacks(place) for other in others):
                continue
            for when, _ in _together(others, place):
                for signs, _ in _together(others, NonNegative()):
                    here = regimes_intersection(when, signs)
                    both = None if here is None else regimes_intersection(regime, here)
                    if both is not None:
                        told = f"{part.label} satisfies them, and no other part is negative or misses its origin"
                        yield wanted.holds(when={**both, part.weight: Above(0)}, source=told)


def zero(parts: Summands) -> Iterator[Claim]:
    """ZeroAt: a sum of zeros is zero, if the place is the same one."""
    yield from _carried(parts, ZeroAt, "every part is zero there")


def minimised(parts: Summands) -> Iterator[Claim]:
    """MinimisedAt: where each part is as small as it can be, so is each ``w_i l_i``, and the sum of least numbers is least."""
    yield from _carried(parts, MinimisedAt, "every part is least there")


LINEAR_SPACES = (
    Continuous, ShiftInvariant, ScaleInvariant, AffineInvariant, Homogeneous, TranslationInvariant, PermutationInvariant,
    DuplicationInvariant, RotationInvariant, SpatialInvariant, ArgumentSymmetric, LabelSymmetric, MarginBased,
)  # fmt: skip
NOT_OF_CONSTANTS = (Homogeneous,)


def invariant(parts: Summands) -> Iterator[Claim]:
    """Invariances: each says that ``T l = l``, ``T l = 0`` or ``T l = a^k l`` with a linear map T of functions; continuity.

    T moves, scales or exchanges inputs, or takes the difference of two values that must agree. The functions of which that
    is true are a linear space, and so are those without jumps, so a sum with any weights belongs to it. Constants do, but for
    a degree other than 0.
    """
    for kind in LINEAR_SPACES:
        for wanted in _wanted(parts, kind):
            if kind in NOT_OF_CONSTANTS and any(part.lacks(wanted) for part in parts) and wanted.degree != 0:
                continue
            for when, _ in _together(parts, wanted):
                yield wanted.holds(when=when, source="every part has it")


def broken(parts: Summands) -> Iterator[Claim]:
    """An invariance that exactly one part lacks fails for the sum wherever that part's weight is not 0.

    The invariant functions are a linear space V. If all others are in V and the sum were, too, then so would be
    ``w l_k = l - sum of the others``, and with it l_k, as w is not 0. The part's witness is one for the sum: the others
    contribute nothing to the difference.
    """
    for part in parts:
        others = [other for other in parts if other is not part]
        for kind in LINEAR_SPACES:
            for regime, wanted in part.failing(kind):
                if kind in NOT_OF_CONSTANTS and any(other.lacks(wanted) for other in others):
                    continue
                for when, _ in _together(others, wanted):
                    both = regimes_intersection(regime, when)
                    if both is not None:
                        told = f"{part.label} lacks it, and every other part has it"
                        yield wanted.fails(when={**both, part.weight: Above(0)}, source=told)


def differentiable(parts: Summands) -> Iterator[Claim]:
    """Differentiable: derivatives of a sum are sums of derivatives, as often as the least smooth part has them.

    Infinitely often, order 0, is more often than any number of times. Outside one part's kinks and another's the sum has
    none, so the region is that of the part that names one.
    """

    def fit(known: Differentiable, wanted: Differentiable) -> bool:
        often = known.order == 0 or 0 < wanted.order <= known.order
        return often and implies(known.model_copy(update={"order": wanted.order}), wanted)

    for wanted in _wanted(parts, Differentiable):
        for when, _ in _together(parts, wanted, fit):
            yield wanted.holds(when=when, source="the least order of the parts")


def _sum(parts: Summands, constants: Sequence[Scalar | None]) -> Expression | None:
    """``w_1 c_1 + ...`` over the parts that have a constant; None where it is left open."""
    total: Expression | None = None
    for part, constant in zip(parts, constants, strict=True):
        if constant == 0:
            continue
        product_ = symbol(part.weight) * constant if constant is not None else None
        if product_ is None:
            return None
        total = product_ if total is None else total + product_
    return total


def lipschitz(parts: Summands) -> Iterator[Claim]:
    """Lipschitz: ``|l(x) - l(y)| <= sum w_i |l_i(x) - l_i(y)| <= (sum w_i c_i) |x - y|``; a constant part has c_i = 0.

    The parts need not be steep at one place and in one direction, so the bound is not claimed to be tight.
    """
    yield from _steep(parts, Lipschitz, "the triangle inequality")


def smooth(parts: Summands) -> Iterator[Claim]:
    """Smooth: the same for the gradient, which is the sum of the parts' gradients, times their weights."""
    yield from _steep(parts, Smooth, "the triangle inequality for gradients")


def _steep(parts: Summands, kind: type[Lipschitz] | type[Smooth], source: str) -> Iterator[Claim]:
    asked = [known.model_copy(update={"constant": None, "tight": True}) for known in _wanted(parts, kind)]
    for wanted in _distinct(asked):
        for when, known in _together(parts, wanted):
            constant = _sum(parts, [0.0 if one is None else one.constant for one in known])
            if constant is not None:
                yield wanted.model_copy(update={"constant": constant, "tight": False}).holds(when=when, source=source)


def bounded(parts: Summands) -> Iterator[Claim]:
    """Bounded: ``sum w_i a_i <= l <= sum w_i b_i`` where ``a_i <= l_i <= b_i``; an end is left out where a part has none.

    The parts need not come near their ends together, so no end is claimed to be reached.
    """
    for when, known in _together(parts, Bounded()):
        ends: dict[str, Any] = {}
        for end in ("lower", "upper"):
            given = [getattr(one, end) for one in known]
            if None not in given:
                total = _sum(parts, given)
                ends[end] = 0.0 if total is None else total
        if ends:
            yield Bounded(**ends, tight=False).holds(when=when, source="the bounds of the parts, added up")


def upper_bound(parts: Summands) -> Iterator[Claim]:
    """UpperBounds: ``target <= f l_k <= (f / w_k) l`` where ``w_k > 0`` and no other part is negative."""
    for part in parts:
        others = [other for other in parts if other is not part]
        for regime, known in part.holding(UpperBounds):
            for when, _ in _together(others, NonNegative()):
                both = regimes_intersection(regime, when)
                if both is not None:
                    wanted = known.model_copy(update={"factor": known.factor / symbol(part.weight), "tight": False})
                    told = f"{part.label} is such a bound, and no other part is negative"
                    yield wanted.holds(when={**both, part.weight: Above(0)}, source=told)


def proper(parts: Summands) -> Iterator[Claim]:
    """Proper: the conditional risk of the sum is the sum of the parts' risks, times their weights.

    The row that states p is a minimiser of each, if they share the link, hence of the sum.
    """
    yield from _carried(parts, Proper, "every part is proper with this link")


def strictly_proper(parts: Summands) -> Iterator[Claim]:
    """StrictlyProper: as above; a row that states another p costs a strictly proper part more, if its weight is above 0."""
    yield from _strict(parts, StrictlyProper, lambda known: Proper(link=known.link, scale=known.scale))


def elicits(parts: Summands) -> Iterator[Claim]:
    """Elicits: T costs each part least, and any other prediction costs more in each part whose weight is above 0."""
    yield from _strict(parts, Elicits, lambda known: known)


def _strict(parts: Summands, kind: type[Property], weaker: Callable[[Any], Property]) -> Iterator[Claim]:
    for part in parts:
        others = [other for other in parts if other is not part]
        for regime, wanted in part.holding(kind):
            if any(other.lacks(wanted) for other in others):
                continue
            for when, _ in _together(others, weaker(wanted)):
                both = regimes_intersection(regime, when)
                if both is not None:
                    yield wanted.holds(when={**both, part.weight: Above(0)}, source=f"{part.label} is strict")


Rule = Callable[[Summands], Iterator[Claim]]
RULES: tuple[Rule, ...] = (
    non_negative, bounded, upper_bound, convex, strictly_convex, concave, monotone, triangle, divergence, zero, minimised,
    lipschitz, smooth, differentiable, invariant, broken, proper, strictly_proper, elicits,
)  # fmt: skip


def inherited(parts: Summands, rules: Sequence[Rule] = RULES) -> tuple[Claim, ...]:
    """What is true of the sum, each claim once and on the widest regime that some rule gives."""
    found = list({str(claim): claim for rule in rules for claim in rule(parts)}.values())
    return tuple(
        claim
        for place, claim in enumerate(found)
        if not any(
            other is not claim
            and other.property == claim.property
            and other.verdict == claim.verdict
            and regime_within(claim.when, other.when)
            and (not regime_within(other.when, claim.when) or before < place)
            for before, other in enumerate(found)
        )
    )
