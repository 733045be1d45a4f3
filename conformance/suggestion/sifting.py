"""Which properties are worth asking about, and which of the claims that stand are worth making."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from losskit.conformance.suggestion.model import Left
from losskit.spec import Claim, Property
from losskit.spec.properties import (
    Convex,
    Differentiable,
    Lipschitz,
    MinimisedAt,
    Monotone,
    NonNegative,
    Smooth,
    ZeroAt,
)
from losskit.spec.properties.base import implies
from losskit.spec.properties.implications import consequences, contradiction, joint_contradiction
from losskit.spec.regimes import regime_within


class Sieve:
    """Leaves out what is claimed, what was not asked for, what follows from something else, and what contradicts it.

    Args:
        claimed: claims of the spec.
        kinds: the only kinds that are asked for; all if empty.

    Attributes:
        refused: claims that stood and contradict one of the spec's or one kept before.
    """

    def __init__(self, claimed: Sequence[Claim], kinds: set[str]) -> None:
        self._claimed, self._kinds = claimed, kinds
        self._known = tuple(claim.property for claim in claimed)
        self.refused: list[Left] = []

    def wanted(self, properties: Iterable[Property]) -> list[Property]:
        """Those of the kinds asked for that the spec does not speak of."""
        return [
            p
            for p in properties
            if (not self._kinds or p.kind in self._kinds)
            and not any(implies(known, p) or implies(p, known) for known in self._known)
        ]

    def sift(self, standing: Sequence[Claim], outcome: Callable[[Claim], str]) -> tuple[list[Claim], list[Left]]:
        """The claims to make, and those that follow from them or from what the spec claims."""
        kept: list[Claim] = []
        implied: list[Left] = []
        several = list({str(claim): claim for claim in standing}.values())
        for claim in several:
            others = [*self._claimed, *(other for other in several if other is not claim)]
            reason = next((str(other) for other in others if follows(claim, other)), "") or _together(claim, others)
            if reason:
                implied.append(Left(claim=str(claim), outcome=outcome(claim), reason=f"follows from '{reason}'"))
                continue
            known = (*self._claimed, *kept)
            against = next((why for other in known if (why := contradiction(claim, other))), "")
            against = against or joint_contradiction((*known, claim))
            if against:
                self.refused.append(Left(claim=str(claim), outcome=outcome(claim), reason=against))
            else:
                kept.append(claim)
        return kept, implied


def follows(claim: Claim, other: Claim) -> bool:
    """Whether one claim says nothing beyond another."""
    if claim.verdict != other.verdict:
        return (
            claim.verdict == "fails"
            and regime_within(claim.when, other.when)
            and _excludes(other.property, claim.property)
        )
    if not regime_within(claim.when, other.when):
        return False
    strong, weak = (other, claim) if claim.verdict == "holds" else (claim, other)
    if strong.property == weak.property:
        return True
    return any(weaker == weak.property for weaker in (*consequences(strong.property), *_more(strong.property)))


def _more(given: Property) -> Iterable[Property]:
    """Consequences that only a search for claims meets."""
    if isinstance(given, Differentiable):
        if given.order == 2:
            yield given.model_copy(update={"order": 1})
        if given.region == "all":
            for order in {1, given.order}:
                yield given.model_copy(update={"order": order, "region": "distinct"})
    if isinstance(given, Differentiable) and len(given.subjects()) > 1:
        for single in given.subjects():
            yield from (given.model_copy(update={"on": single, "order": order}) for order in {1, given.order})
    if isinstance(given, Lipschitz | Smooth) and given.constant is None and len(given.subjects()) > 1:
        yield from (given.model_copy(update={"on": single}) for single in given.subjects())
    if isinstance(given, ZeroAt) and given.reach == "attained":
        yield given.model_copy(update={"reach": "approached"})
    if isinstance(given, MinimisedAt) and given.reach == "attained":
        yield given.model_copy(update={"reach": "approached"})
    region = getattr(given, "region", None)
    if region == "all" and not isinstance(given, Differentiable | Lipschitz):
        yield given.model_copy(update={"region": "distinct"})


def _excludes(given: Property, other: Property) -> bool:
    """Whether that one property holds makes plain that another one fails."""
    if isinstance(given, Monotone) and isinstance(other, Monotone):
        return (given.on, given.part) == (other.on, other.part) and given.direction != other.direction
    return isinstance(given, Convex) and other.kind == "Concave" and given.subjects() == other.subjects()


def _together(claim: Claim, others: Sequence[Claim]) -> str:
    """A value of zero that is never below zero is the least."""
    least = claim.property
    if claim.verdict != "holds" or not isinstance(least, MinimisedAt):
        return ""
    around = [o for o in others if o.verdict == "holds" and regime_within(claim.when, o.when)]
    zero = next((o for o in around if o.property == ZeroAt(where=least.where, reach=least.reach)), None)
    return str(zero) if zero is not None and any(isinstance(o.property, NonNegative) for o in around) else ""
