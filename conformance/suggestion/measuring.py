"""Constants of bounds and of growth: measured by the search that would refute them, then read as a formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from losskit.conformance.kinds import laws_of
from losskit.conformance.laws.base import Law
from losskit.conformance.search.attack import pick
from losskit.conformance.search.climb import climb, heights
from losskit.conformance.search.scope import Search
from losskit.conformance.subject import Data, Subject
from losskit.conformance.suggestion.candidates import class_axis, numeric
from losskit.spec import LossSpec, OneOf, Property
from losskit.spec.errors import SpecError
from losskit.spec.expressions import Scalar, evaluate, log, sqrt, symbol
from losskit.spec.properties import Bounded
from losskit.spec.regimes import When

FACTORS = (1.0, 2.0, 0.5, 0.25, 4.0, 3.0, 1 / 3, 0.125, 0.75, 1.5, 0.1, 5.0, 8.0, 10.0, 0.2, 1 / 16)
CLIMBS = 4  # times the steps of a profile: a bound is reached at its corner, a long way up
STARTS = 2  # batches that ascent starts from, where a batch is a case
SLACK, TIGHT = 1e-6, 0.99
LARGEST = 1e3  # what exceeds it at inputs of every scale is taken for unbounded
OFFERED = 3  # formulas that are put to the harness


@dataclass(frozen=True)
class Sample:
    """The largest value that was reached at one setting and at some sizes."""

    number: int
    known: dict[str, Any]
    value: float


def measure(search: Search, when: When, made: Callable[[float], Property]) -> list[Sample]:
    """The largest left side of a law that states a bound, at settings of a regime.

    Args:
        search: what may be used.
        when: the regime.
        made: the property that claims a bound.
    """
    found = []
    for number, subject, sizes in search.subjects(when):
        law = _law(made(1.0), when)
        starts = sorted(
            (_largest(law, subject, data) for data in search.batches(law, subject, sizes, number)),
            key=lambda start: -start[0],
        )
        value = max((reached for reached, _ in starts), default=-math.inf)
        for reached, start in starts[:STARTS]:
            value = max(value, _climbed(_law(made(max(1.0, 2 * reached)), when), subject, start, search))
        if math.isfinite(value):
            found.append(Sample(number, {**subject.parameters, **sizes}, value))
    return found


def _law(given: Property, when: When) -> Law:
    laws = laws_of(given.holds(when=when))
    assert laws is not None
    return laws[0]


def _largest(law: Law, subject: Subject, data: Data) -> tuple[float, Data]:
    sides = law.sides(subject, data)
    left = sides.left.detach().nan_to_num(-torch.inf)
    start = data if subject.coupled else pick(subject, data, heights(sides, subject.cases(data)), 16)
    return float(left.amax()), start


def _climbed(law: Law, subject: Subject, start: Data, search: Search) -> float:
    _, sides = climb(law, subject, start, CLIMBS * search.budget.steps)
    return float(sides.left.detach().nan_to_num(-torch.inf).amax())


def formulas(spec: LossSpec, samples: Sequence[Sample], when: When) -> list[Scalar]:
    """Numbers and simple formulas that no sample exceeds and that every setting comes close to, the simplest first.

    Args:
        spec: whose parameters and classes a formula may name, but for those that the regime gives one value.
        samples: what was measured.
        when: the regime.
    """
    if not samples or max(abs(s.value) for s in samples) > LARGEST:
        return []
    if _fits(0.0, samples):
        return [0.0]
    telling = _of_most_classes(spec, samples)
    found = [one for one in _forms(spec, when) if _fits(one, samples) and _fits(one, telling)]
    plain: list[Scalar] = [one for one in FACTORS if _fits(one, samples)]
    return found[:OFFERED] or plain[:OFFERED] or _rounded(samples)


def _of_most_classes(spec: LossSpec, samples: Sequence[Sample]) -> list[Sample]:
    """The samples of each setting with the most classes, where a formula in their number must show."""
    axis = class_axis(spec)
    most: dict[int, int] = {}
    for sample in samples:
        most[sample.number] = max(most.get(sample.number, 0), sample.known.get(axis, 0))
    return [sample for sample in samples if sample.known.get(axis, 0) == most[sample.number]]


def _fits(formula: Scalar, samples: Sequence[Sample]) -> bool:
    closest: dict[int, float] = {}
    for sample in samples:
        try:
            bound = float(evaluate(formula, sample.known))
        except (SpecError, TypeError):
            return False
        size = max(1.0, abs(bound)) if bound <= 0 else bound
        if not math.isfinite(bound) or sample.value > bound + SLACK * size:
            return False
        closest[sample.number] = max(closest.get(sample.number, -math.inf), 1 - (bound - sample.value) / size)
    return all(reached >= TIGHT for reached in closest.values())


def _forms(spec: LossSpec, when: When) -> Iterator[Scalar]:
    yield from FACTORS
    yield from (-factor for factor in FACTORS)
    roots: list[Scalar] = [sqrt(2.0), log(2.0), *_of_classes(spec)]
    for parameter in (p for p in numeric(spec) if not isinstance(when.get(p.name), OneOf)):
        p = symbol(parameter.name)
        roots += [p, 1 / p, p**2, sqrt(2.0) * p, sqrt(2.0) / p, 1 - p, 1 + p, 1 / (1 + p), 1 / (p - 1)]
    for root in roots:
        yield root
        yield from (_times(factor, root) for factor in FACTORS[1:])


def _times(factor: float, root: Scalar) -> Scalar:
    if factor < 1 and (1 / factor).is_integer():
        return root / (1 / factor)
    return factor * root


def _of_classes(spec: LossSpec) -> list[Scalar]:
    if not class_axis(spec):
        return []
    c = symbol(class_axis(spec))
    return [c, log(c), 1 - 1 / c, sqrt(c), sqrt(1 - 1 / c)]


def _rounded(samples: Sequence[Sample]) -> list[Scalar]:
    """A number of three digits where all settings agree."""
    tops: dict[int, float] = {}
    for sample in samples:
        tops[sample.number] = max(tops.get(sample.number, -math.inf), sample.value)
    top = max(tops.values())
    if top == 0 or min(tops.values()) < top - 0.01 * abs(top):
        return []
    unit = 10.0 ** (math.floor(math.log10(abs(top))) - 3)
    return [round(math.ceil(top / unit - 1e-9) * unit, 12)]


def ends(spec: LossSpec, search: Search, when: When) -> list[Property]:
    """Bounds of the value: both ends, or one of them."""
    upper = formulas(spec, measure(search, when, lambda bound: Bounded(upper=bound)), when)
    lower = [_negative(one) for one in formulas(spec, measure(search, when, lambda bound: Bounded(lower=-bound)), when)]
    both: list[Property] = [Bounded(lower=low, upper=high) for low in lower for high in upper]
    one: list[Property] = [Bounded(upper=high) for high in upper]
    one += [Bounded(lower=low) for low in lower if low != 0]  # that is NonNegative
    return both or one


def _negative(scalar: Scalar) -> Scalar:
    return 0.0 if scalar == 0 else -scalar
