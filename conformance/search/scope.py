"""What an attack may use: the loss, its budget, and where settings, sizes and batches come from."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from losskit.conformance.laws.base import Law
from losskit.conformance.profiles import Budget
from losskit.conformance.search.domains import project
from losskit.conformance.search.inputs import draw
from losskit.conformance.search.parameters import fill_numbers, fits, neighbouring_draws, parameter_draws, size_draws
from losskit.conformance.subject import Data, Subject
from losskit.spec import LossSpec
from losskit.spec.regimes import When

Sizes = dict[str, int]


def telling(sizes: Sizes) -> bool:
    """Whether no axis is of size 1, where sums, orders and classes are trivial."""
    return all(size > 1 for size in sizes.values())


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

    def subjects(
        self, when: When, every: bool = True, tells: Callable[[Sizes], bool] = telling
    ) -> Iterator[tuple[int, Subject, Sizes]]:
        """Loss settings of a regime with sizes, numbered by setting.

        Args:
            when: the regime.
            every: whether each setting comes at every size. If not, they take turns, the first one at more of them:
                what breaks at a size seldom waits for one setting.
            tells: the sizes of which each setting that takes turns needs one.
        """
        rng = self.rng("settings")
        settings = parameter_draws(self.spec, when, rng, self.budget.settings)
        most = self.budget.sizes
        turns, leading = (most, most) if every else (self.budget.turns, self.budget.leading)
        yield from self._at(settings, when, rng, turns, leading, tells)

    def neighbours(self) -> Iterator[tuple[int, Subject, Sizes]]:
        """Loss settings next to the points where its claims' regimes end, at one combination of sizes each."""
        rng = self.rng("neighbours")
        settings = neighbouring_draws(self.spec, rng, self.budget.neighbours)
        seen: set[int] = set()
        for number, subject, sizes in self._at(settings, {}, rng, 1, 1, telling):
            if number not in seen:
                yield number, subject, sizes
            seen.add(number)

    def _at(
        self,
        settings: list[dict[str, Any]],
        when: When,
        rng: random.Random,
        turns: int,
        leading: int,
        tells: Callable[[Sizes], bool],
    ) -> Iterator[tuple[int, Subject, Sizes]]:
        for number, setting in enumerate(settings):
            fitting = [s for s in size_draws(self.spec, when, rng, self.budget.sizes) if fits(self.spec, setting, s)]
            places = _turns(fitting, tells, turns, number)
            if not number:  # the leading ones, and those that no other setting comes to
                others = {place for n in range(1, len(settings)) for place in _turns(fitting, tells, turns, n)}
                places = {place for place in range(len(fitting)) if place < leading or place not in others}
            for sizes in (fitting[place] for place in sorted(places)):
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


def _turns(fitting: list[Sizes], tells: Callable[[Sizes], bool], turns: int, number: int) -> set[int]:
    """Places of the sizes that a setting comes to: all, or so many, among those that tell where there are such."""
    if turns >= len(fitting):
        return set(range(len(fitting)))
    places = [place for place, sizes in enumerate(fitting) if tells(sizes)] or range(len(fitting))
    return {places[turn % len(places)] for turn in range(number * turns, (number + 1) * turns)}
