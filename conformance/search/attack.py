"""The search for a counterexample: edge cases, random batches, ascent; over parameters drawn from the regime."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import torch

from losskit.conformance.laws.base import Law, Sides
from losskit.conformance.outcome import BROKEN, Result, Tally
from losskit.conformance.search.climb import climb, heights
from losskit.conformance.search.edge import edge_case, violations
from losskit.conformance.search.inputs import stack, take
from losskit.conformance.search.scope import Search, Sizes
from losskit.conformance.search.shrink import shrink
from losskit.conformance.subject import Data, Subject
from losskit.conformance.witness import describe
from losskit.spec.tensors import Real

PATIENCE = 4  # times as many structured examples where a witness is wanted and chance has missed it
FIXED = ("order", "rotation", "factor", "share", "weights")  # what a law added and no simpler number may stand for
SECOND_LOOKS = 12  # rounds of other batches before a bound is called loose


def attack(law: Law, search: Search) -> Result:
    """Try to refute a claim that something holds, or to confirm a claim that it fails."""
    tally = Tally()
    result = (_confirm if law.claim.verdict == "fails" else _refute)(law, search, tally)
    result.margins = tally.spread.margins()
    return result


def _refute(law: Law, search: Search, tally: Tally) -> Result:
    closest: dict[int, float] = {}
    settings: list[tuple[Subject, Sizes]] = []
    ascents: Counter[int] = Counter()
    for number, subject, sizes in search.subjects(law.claim.when, every=False):
        settings.append((subject, sizes))
        ascents[number] += 1
        ascend = ascents[number] <= search.budget.ascents
        best = _work(law, search, subject, sizes, number, tally, ascend)
        if best.reached is not None:
            closest[number] = max(closest.get(number, -torch.inf), best.reached)
        broken = best.broken(subject)
        if broken is not None:
            return _refuted(law, search, subject, broken, tally)
    edge, tried, worst = edge_case(law, settings, search.budget.edge, search.rng("edge").getrandbits(31))
    tally.cases += tried
    tally.worst = max(tally.worst, worst)
    if edge is not None:
        return _refuted(law, search, *edge, tally)
    if tally.cases == 0:
        reason = "; ".join(search.skipped) or "no parameters satisfy the regime"
        return Result("undecided", 0, None, f"nothing was checked: {reason}")
    if tally.worst > 1:
        return Result("undecided", tally.cases, tally.worst, "the worst violation is of the order of rounding")
    for number in _loose(law, closest):
        another = _look_again(law, search, number, closest, tally)
        if another is not None:
            return _refuted(law, search, *another, tally)
    loose = _loose(law, closest)
    if loose:
        subject = next(s for n, s, _ in search.subjects(law.claim.when) if n == loose[0])
        told = ", ".join(f"{k}={v}" for k, v in subject.parameters.items())
        found = (
            f"at {told} only {closest[loose[0]]:.4g} of it was reached"
            if told
            else f"only {closest[loose[0]]:.4g} was reached"
        )
        return Result(
            "refuted", tally.cases, tally.worst, f"the bound is loose: {found}, a tight one needs {law.tight}"
        )
    return Result("held", tally.cases, tally.worst)


def _loose(law: Law, closest: dict[int, float]) -> list[int]:
    return [number for number, reached in closest.items() if law.tight is not None and reached < law.tight]


def _look_again(
    law: Law, search: Search, number: int, closest: dict[int, float], tally: Tally
) -> tuple[Subject, Data] | None:
    """Other batches at a setting where the first ones did not reach a tight bound; a case that breaks it, if found."""
    for again in range(SECOND_LOOKS):
        for found, subject, sizes in search.subjects(law.claim.when):
            if found != number or number not in _loose(law, closest):
                continue
            best = _work(law, search, subject, sizes, (number, again), tally)
            closest[number] = max(closest[number], -torch.inf if best.reached is None else best.reached)
            broken = best.broken(subject)
            if broken is not None:
                return subject, broken
    return None


def _confirm(law: Law, search: Search, tally: Tally) -> Result:
    confirmed: set[int] = set()
    shown: Result | None = None
    numbers: dict[int, Subject] = {}
    for number, subject, sizes in search.subjects(law.claim.when):
        numbers.setdefault(number, subject)
        if number in confirmed:
            continue
        broken = _work(law, search, subject, sizes, number, tally).broken(subject)
        if broken is not None:
            confirmed.add(number)
            shown = shown or _refuted(law, search, subject, broken, tally)
    for number in sorted(set(numbers) - confirmed):  # what chance and ascent missed may be a structured input
        subject = numbers[number]
        settings = [(s, z) for n, s, z in search.subjects(law.claim.when) if n == number]
        examples = PATIENCE * search.budget.edge
        edge, tried, _ = edge_case(law, settings, examples, search.rng("edge", number).getrandbits(31))
        tally.cases += tried
        if edge is None:
            told = ", ".join(f"{k}={v}" for k, v in subject.parameters.items()) or "the only setting"
            return Result("unconfirmed", tally.cases, tally.worst, f"no witness found at {told}")
        shown = shown or _refuted(law, search, *edge, tally)
    if shown is None:
        reason = "; ".join(search.skipped) or "no parameters satisfy the regime"
        return Result("undecided", tally.cases, None, f"nothing was checked: {reason}")
    return Result("confirmed", tally.cases, tally.worst, witness=shown.witness)


def _work(
    law: Law, search: Search, subject: Subject, sizes: Sizes, number: object, tally: Tally, ascend: bool = True
) -> _Best:
    """Random batches and ascent at one setting: the worst case and how much of a tight bound was reached."""
    best = _Best(law)
    promising: list[tuple[float, Data]] = []
    for data in search.batches(law, subject, sizes, number):
        sides = law.sides(subject, data)
        best.see(sides, data, tally)
        if best.worst > BROKEN:
            return best
        height = heights(sides, subject.cases(data))
        start = data if subject.coupled else pick(subject, data, height, search.budget.climbers)
        promising.append((float(height.amax()), start))
    promising.sort(key=lambda found: -found[0])
    # the worst batch and others from lower down: where everything is saturated already, nothing slopes upwards
    starts = [*promising[:1], *promising[1 :: max(1, len(promising) // 2)]][: search.budget.climbs]
    for _, start in starts if ascend else []:
        # a bound is reached at its corner, a long way up
        far = law.tight is not None and best.reached is not None and best.reached < law.tight
        climbed, end = climb(law, subject, start, search.budget.steps * (4 if far else 1))
        best.see(end, climbed, tally)
    return best


@dataclass
class _Best:
    """The worst case seen, and how much of a tight bound was reached."""

    law: Law
    reached: float | None = None  # None where there is nothing to reach
    worst: float = -1.0
    where: Data | None = None

    def see(self, sides: Sides, data: Data, tally: Tally) -> None:
        """Look at the sides of a batch."""
        ratio = violations(self.law, sides)
        worst = float(ratio.amax())
        tally.add(len(ratio), worst)
        tally.spread.add(ratio)
        closeness = sides.closeness() if self.law.tight else None
        if closeness is not None:
            self.reached = closeness if self.reached is None else max(self.reached, closeness)
        if worst > self.worst:
            self.worst, self.where = worst, data

    def broken(self, subject: Subject) -> Data | None:
        """The worst case if it breaks the law, now as when it was seen."""
        if self.where is None or self.worst <= BROKEN:
            return None
        return self.where if float(_ratio(self.law, subject, self.where).amax()) > BROKEN else None


def pick(subject: Subject, data: Data, heights: torch.Tensor, count: int) -> Data:
    """Start rows of the ascent: half the worst ones, half spread over the batch."""
    order = heights.argsort(descending=True).tolist()
    best = order[: count // 2]
    spread = order[count // 2 :: max(1, len(order) // max(1, count // 2))]
    return stack(subject, [take(subject, data, case) for case in dict.fromkeys(best + spread)])


def _ratio(law: Law, subject: Subject, data: Data) -> torch.Tensor:
    return violations(law, law.sides(subject, data))


def _simplifiable(law: Law, subject: Subject, data: Data) -> tuple[str, ...]:
    """Real inputs that are not part of the claim, and what the law added but for ``FIXED``."""
    fixed = getattr(law.claimed, "given", {})
    inputs = (
        i.name for i in subject.spec.inputs if isinstance(i.domain, Real) and i.name not in fixed and i.name in data
    )
    return (
        *inputs,
        *(name for name in data if name.startswith("_") and not name.endswith(FIXED)),
    )


def _refuted(law: Law, search: Search, subject: Subject, data: Data, tally: Tally) -> Result:
    found = law.sides(subject, data)
    place = int(violations(law, found).argmax())
    numbers = not bool(found.blind()[place])
    single = take(subject, data, place % subject.cases(data))

    def breaks(candidate: Data) -> bool:
        try:
            sides = law.sides(subject, candidate)
        except (ValueError, RuntimeError):  # a simplification that the loss refuses is none
            return False
        if numbers and bool(sides.blind().any()):  # nor one that breaks the law itself: a direction of no length
            return False
        return float(violations(law, sides).amax()) > BROKEN

    # a case may need its neighbours: a transformation that moves rows
    alone = breaks(single)
    if alone and not search.brief:
        single = shrink(single, _simplifiable(law, subject, single), breaks)
    single = single if alone else data
    worst = float(_ratio(law, subject, single).amax())
    tally.worst = max(tally.worst, worst)
    return Result("refuted", tally.cases, tally.worst, witness=describe(law, search.command, subject, single))
