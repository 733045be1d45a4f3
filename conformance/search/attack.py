"""The search for a counterexample: edge cases, random batches, ascent; over parameters drawn from the regime."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

from losskit.conformance.laws.base import Law, Sides
from losskit.conformance.outcome import BROKEN, Result, Tally
from losskit.conformance.profiles import Budget
from losskit.conformance.search.climb import climb, heights
from losskit.conformance.search.domains import project
from losskit.conformance.search.edge import edge_case
from losskit.conformance.search.inputs import draw, stack, take
from losskit.conformance.search.parameters import fill_numbers, fits, neighbouring_draws, parameter_draws, size_draws
from losskit.conformance.search.shrink import shrink
from losskit.conformance.subject import Data, Subject
from losskit.conformance.witness import describe
from losskit.spec import LossSpec
from losskit.spec.regimes import When
from losskit.spec.tensors import Real

Sizes = dict[str, int]
CLIMBS = 3  # batches of a coupled loss that ascent starts from
NEIGHBOURS = 8  # times as many settings next to the ends of regimes as are drawn from one
PATIENCE = 4  # times as many structured examples where a witness is wanted and chance has missed it
SECOND_LOOKS = 6  # rounds of other batches before a bound is called loose


@dataclass
class Search:
    """What an attack may use.

    Attributes:
        spec: the loss.
        budget: effort.
        seed: of everything that is drawn.
        device: where the loss runs.
        command: the command line that repeats the attack, without the property.
        brief: whether the first difference ends a check and a witness stays as it was found, where only the verdict counts.
    """

    spec: LossSpec
    budget: Budget
    seed: int
    device: str = "cpu"
    command: str = ""
    salt: str = ""
    brief: bool = False
    skipped: dict[str, int] = field(default_factory=dict)

    def rng(self, *words: object) -> random.Random:
        """A source of randomness of its own for each purpose, so that results do not depend on the order of work."""
        return random.Random(f"{self.seed}:{self.spec.name}:{self.salt}:{words}")

    def subjects(self, when: When, every: bool = True) -> Iterator[tuple[int, Subject, Sizes]]:
        """Loss settings of a regime with sizes, numbered by setting.

        Args:
            when: the regime.
            every: whether each setting comes at every size. If not, the first one does and the others take turns:
                what breaks at a size seldom waits for one setting.
        """
        rng = self.rng("settings")
        settings = parameter_draws(self.spec, when, rng, self.budget.settings)
        yield from self._at(settings, when, rng, self.budget.sizes if every else self.budget.turns)

    def neighbours(self) -> Iterator[tuple[int, Subject, Sizes]]:
        """Loss settings next to the points where its claims' regimes end, at one combination of sizes each."""
        rng = self.rng("neighbours")
        settings = neighbouring_draws(self.spec, rng, NEIGHBOURS * self.budget.settings)
        seen: set[int] = set()
        for number, subject, sizes in self._at(settings, {}, rng, 1):
            if number not in seen:
                yield number, subject, sizes
            seen.add(number)

    def _at(
        self, settings: list[dict[str, Any]], when: When, rng: random.Random, turns: int
    ) -> Iterator[tuple[int, Subject, Sizes]]:
        for number, setting in enumerate(settings):
            fitting = [s for s in size_draws(self.spec, when, rng, self.budget.sizes) if fits(self.spec, setting, s)]
            if number and turns < len(fitting):
                first = number * turns
                fitting = [fitting[turn % len(fitting)] for turn in range(first, first + turns)]
            for sizes in fitting:
                filling = self.rng("numbers", number, sorted(sizes.items()))
                lengths = {**sizes, **self._output_sizes(setting, sizes, filling)}
                numbers = fill_numbers(self.spec, setting, lengths, filling)
                yield number, Subject(self.spec, numbers, self.device), sizes

    def _output_sizes(self, setting: dict[str, object], sizes: Sizes, rng: random.Random) -> Sizes:
        """Sizes of symbols that only the output bears, read off a value without the lists of numbers."""
        drawn = [p for p in self.spec.parameters.fields if p.kind == "numbers" and setting[p.name] is True]
        if not drawn or all(p.length in sizes for p in drawn):
            return {}
        bare = Subject(self.spec, {**setting, **{p.name: None for p in drawn}}, self.device)
        value = bare.call(draw(bare, sizes, 2, rng))
        return dict(zip(self.spec.output[::-1], tuple(value.shape)[::-1], strict=False))

    def batches(self, law: Law, subject: Subject, sizes: Sizes, number: object) -> Iterator[Data]:
        """Random batches with what the law adds to them."""
        rng = self.rng("batches", number, sorted(sizes.items()))
        rows = self.budget.rows
        for turn in range(self.budget.batches if subject.coupled else 1):
            scales = law.scales
            if subject.coupled:
                rows = rng.choice((2, 3, 4, 6, 9))
                if turn % 2:  # one saturated row holds a whole batch back
                    scales = (rng.choice(scales),)
            data = law.given(draw(subject, sizes, rows, rng, scales, law.ties, law.palette, law.structured))
            reason = law.applies(subject, data)
            if reason:
                self.skipped[reason] = self.skipped.get(reason, 0) + 1
                continue
            yield project(subject, law.prepare(subject, data, rng), law.ends)


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
        top, reached = _work(law, search, subject, sizes, number, tally, ascend)
        closest[number] = max(closest.get(number, 0.0), reached)
        if top is not None and float(_ratio(law, subject, top).amax()) > BROKEN:
            return _refuted(law, search, subject, top, tally)
    edge, tried = (
        edge_case(law, settings, search.budget.edge, search.rng("edge").getrandbits(31)) if settings else (None, 0)
    )
    tally.cases += tried
    if edge is not None:
        return _refuted(law, search, *edge, tally)
    if tally.cases == 0:
        reason = "; ".join(search.skipped) or "no parameters satisfy the regime"
        return Result("undecided", 0, None, f"nothing was checked: {reason}")
    if tally.worst > 1:
        return Result("undecided", tally.cases, tally.worst, "the worst violation is of the order of rounding")
    for number in _loose(law, closest):
        broken = _look_again(law, search, number, closest, tally)
        if broken is not None:
            return _refuted(law, search, *broken, tally)
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
            top, reached = _work(law, search, subject, sizes, (number, again), tally)
            closest[number] = max(closest[number], reached)
            if top is not None and float(_ratio(law, subject, top).amax()) > BROKEN:
                return subject, top
    return None


def _confirm(law: Law, search: Search, tally: Tally) -> Result:
    confirmed: set[int] = set()
    shown: Result | None = None
    numbers: dict[int, Subject] = {}
    for number, subject, sizes in search.subjects(law.claim.when):
        numbers.setdefault(number, subject)
        if number in confirmed:
            continue
        top, _ = _work(law, search, subject, sizes, number, tally)
        if top is not None and float(_ratio(law, subject, top).amax()) > BROKEN:
            confirmed.add(number)
            shown = shown or _refuted(law, search, subject, top, tally)
    for number in sorted(set(numbers) - confirmed):  # what chance and ascent missed may be a structured input
        subject = numbers[number]
        settings = [(s, z) for n, s, z in search.subjects(law.claim.when) if n == number]
        examples = PATIENCE * search.budget.edge
        edge, tried = edge_case(law, settings, examples, search.rng("edge", number).getrandbits(31))
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
) -> tuple[Data | None, float]:
    """Random batches and ascent at one setting: the worst case and how much of a tight bound was reached."""
    best = _Best(law)
    promising: list[tuple[float, Data]] = []
    for data in search.batches(law, subject, sizes, number):
        sides = law.sides(subject, data)
        best.see(sides, data, tally)
        if best.worst > BROKEN:
            return best.where, best.reached
        height = heights(sides, subject.cases(data))
        start = data if subject.coupled else pick(subject, data, height, search.budget.climbers)
        promising.append((float(height.amax()), start))
    promising.sort(key=lambda found: -found[0])
    # the worst batch and two from lower down: where everything is saturated already, nothing slopes upwards
    lower = promising[1 :: max(1, len(promising) // 2)][: CLIMBS - 1]
    for _, start in [*promising[:1], *lower] if ascend else []:
        far = law.tight is not None and best.reached < law.tight  # a bound is reached at its corner, a long way up
        climbed, end = climb(law, subject, start, search.budget.steps * (4 if far else 1))
        best.see(end, climbed, tally)
    return best.where, best.reached


@dataclass
class _Best:
    """The worst case seen, and how much of a tight bound was reached."""

    law: Law
    reached: float = 0.0
    worst: float = -1.0
    where: Data | None = None

    def see(self, sides: Sides, data: Data, tally: Tally) -> None:
        """Look at the sides of a batch."""
        ratio = sides.ratio()
        tally.add(len(ratio), float(ratio.amax()))
        tally.spread.add(ratio)
        if self.law.tight:
            self.reached = max(self.reached, sides.closeness())
        if float(ratio.amax()) > self.worst:
            self.worst, self.where = float(ratio.amax()), data


def pick(subject: Subject, data: Data, heights: torch.Tensor, count: int) -> Data:
    """Start rows of the ascent: half the worst ones, half spread over the batch."""
    order = heights.argsort(descending=True).tolist()
    best = order[: count // 2]
    spread = order[count // 2 :: max(1, len(order) // max(1, count // 2))]
    return stack(subject, [take(subject, data, case) for case in dict.fromkeys(best + spread)])


def _ratio(law: Law, subject: Subject, data: Data) -> torch.Tensor:
    return law.sides(subject, data).ratio()


def _simplifiable(law: Law, subject: Subject, data: Data) -> tuple[str, ...]:
    """Real inputs that are not part of the claim, and what the law added; a factor of 0 would be none of the law's."""
    fixed = getattr(law.claimed, "given", {})
    inputs = (
        i.name for i in subject.spec.inputs if isinstance(i.domain, Real) and i.name not in fixed and i.name in data
    )
    return (
        *inputs,
        *(name for name in data if name.startswith("_") and not name.endswith(("order", "rotation", "factor"))),
    )


def _refuted(law: Law, search: Search, subject: Subject, data: Data, tally: Tally) -> Result:
    ratio = _ratio(law, subject, data)
    cases = subject.cases(data)
    case = int(ratio.argmax()) % cases
    single = take(subject, data, case)

    def breaks(candidate: Data) -> bool:
        try:
            return float(_ratio(law, subject, candidate).amax()) > BROKEN
        except (ValueError, RuntimeError):  # a simplification that the loss refuses is none
            return False

    # a case may need its neighbours: a transformation that moves rows
    alone = breaks(single)
    if alone and not search.brief:
        single = shrink(single, _simplifiable(law, subject, single), breaks)
    single = single if alone else data
    worst = float(_ratio(law, subject, single).amax())
    tally.worst = max(tally.worst, worst)
    return Result("refuted", tally.cases, tally.worst, witness=describe(law, search.command, subject, single))
