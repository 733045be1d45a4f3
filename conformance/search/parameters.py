"""Parameters and sizes drawn from a regime, its closed ends included."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from losskit.spec import Interval, LossSpec, OneOf, Parameter
from losskit.spec.coupling import batch_symbol, least_at
from losskit.spec.errors import ParameterError
from losskit.spec.regimes import Condition, When, within

CLASS_COUNTS = (3, 2, 5, 1, 4, 10)
SIZES = (3, 2, 4, 1, 6)
INTEGERS = (-1, 255)
ODD_BLOCK = 7
WHOLE = (0.0, 1.0, 2.0, 3.0)  # where formulas have special cases
NEXT = (0.03, 1e-5)  # of a point: how far its neighbours are


def parameter_draws(spec: LossSpec, when: When, rng: random.Random, count: int) -> list[dict[str, Any]]:
    """Up to ``count`` settings that satisfy a regime, most telling first: defaults, closed ends, then the inside.

    Lists of numbers whose length depends on the data are drawn as True and filled in by :func:`fill_numbers`.
    """
    settings: list[dict[str, Any]] = []
    for setting in _candidates(spec, when, rng, count):
        if setting not in settings and _admissible(spec, setting):
            settings.append(setting)
        if len(settings) == count:
            break
    return settings


def _candidates(spec: LossSpec, when: When, rng: random.Random, count: int) -> Iterator[dict[str, Any]]:
    values = {p.name: telling_values(p, when.get(p.name), rng) for p in spec.parameters.fields}
    base = {p.name: p.default if _allowed(p, p.default, when) else values[p.name][0] for p in spec.parameters.fields}
    yield base
    for name in (name for name in values if name in when):
        for value in values[name][:4]:
            yield {**base, name: value}
    for _ in range(20 * count):  # parameters act together: a setting that changes one alone may show nothing
        yield {p.name: rng.choice(telling_values(p, when.get(p.name), rng)) for p in spec.parameters.fields}


def _allowed(parameter: Parameter, value: Any, when: When) -> bool:
    condition = when.get(parameter.name)
    return condition is None or value in condition


def _known(spec: LossSpec, setting: Mapping[str, Any]) -> dict[str, Any]:
    """A setting without the lists whose numbers are still to come."""
    kinds = {p.name: p.kind for p in spec.parameters.fields}
    return {k: v for k, v in setting.items() if v is not True or kinds[k] == "bool"}


def _admissible(spec: LossSpec, setting: Mapping[str, Any]) -> bool:
    """Relations between parameters (an upper end above a lower one) are the parameters class's to judge."""
    try:
        spec.parameters.validate_values(spec.name, _known(spec, setting))
    except ParameterError:
        return False
    return True


def telling_values(parameter: Parameter, condition: Condition | None, rng: random.Random) -> list[Any]:
    """Values of one parameter worth trying: ends, neighbours of open ends, the default and random ones inside."""
    if isinstance(condition, OneOf):
        return list(condition.values)
    found: list[Any] = []
    if parameter.kind == "numbers":
        found = [True]  # some list; its length depends on the data
    elif isinstance(parameter.domain, OneOf):
        found = list(parameter.domain.values)
    else:
        interval = condition if condition is not None else parameter.domain
        found = _integers(interval, rng) if parameter.kind == "int" else _floats(interval, parameter.default, rng)
        if parameter.default in interval and parameter.default not in found:
            found.append(parameter.default)
        if parameter.tuning and condition is None:  # a block of one row shows no more than one of a few, and takes ages
            found = [next(n for n in (ODD_BLOCK, *found) if n in interval)]
    if condition is None:
        found = [*([None] if parameter.optional else []), *found, *parameter.words]
    return found


def neighbouring_draws(spec: LossSpec, rng: random.Random, count: int) -> list[dict[str, Any]]:
    """Up to ``count`` settings at and next to the points that the spec names, where a formula may change branches."""
    values = {p.name: _neighbours(spec, p, rng) for p in spec.parameters.fields}
    rounds = zip_longest(*([(name, value) for value in found] for name, found in values.items()))
    every = [pair for turn in rounds for pair in turn if pair is not None]
    settings: list[dict[str, Any]] = []
    for turn, (name, value) in enumerate(every * 2):  # beside the defaults, then beside whatever else is drawn
        others = {
            p.name: p.default if turn < len(every) else rng.choice(values[p.name]) for p in spec.parameters.fields
        }
        setting = {**others, name: value}
        if len(settings) < count and setting not in settings and _admissible(spec, setting):
            settings.append(setting)
    return settings


def _neighbours(spec: LossSpec, parameter: Parameter, rng: random.Random) -> list[Any]:
    """Telling values of a parameter; of a number also the points between its claims' regimes and those on both sides."""
    if parameter.kind != "float" or parameter.tuning or not isinstance(parameter.domain, Interval):
        return telling_values(parameter, None, rng)
    named = [parameter.default, *_ends(parameter.domain), *WHOLE]
    for claim in spec.claims:
        condition = claim.when.get(parameter.name)
        named += _ends(condition) if isinstance(condition, Interval) else [] if condition is None else condition.values
    points = dict.fromkeys(float(n) for n in named if isinstance(n, int | float))
    steps = [sign * step for step in NEXT for sign in (1, -1)]
    sides = [p + step * (abs(p) or 1.0) for p in points for step in steps if math.isfinite(p)]
    found = [*_shuffled(points, rng), *_shuffled(sides, rng)]
    return [*([None] if parameter.optional else []), *parameter.words, *(v for v in found if v in parameter.domain)]


def _shuffled(values: Iterable[float], rng: random.Random) -> list[float]:
    order = list(values)
    rng.shuffle(order)
    return order


def _ends(interval: Interval) -> list[float]:
    return [interval.low, interval.high]


def _integers(interval: Interval, rng: random.Random) -> list[Any]:
    if interval.low == -math.inf:
        return [n for n in INTEGERS if n in interval]
    first = math.ceil(interval.low) + (0 if interval.includes_low or interval.low % 1 else 1)
    return [n for n in (first, first + 1, first + rng.randint(2, 9)) if n in interval]


def _floats(interval: Interval, default: Any, rng: random.Random) -> list[Any]:
    scale = abs(default) if isinstance(default, float) and default else 1.0
    ends = [
        e for e, inside in ((interval.low, interval.includes_low), (interval.high, interval.includes_high)) if inside
    ]
    inside = [_inside(interval, scale, rng) for _ in range(3)]
    return [*ends, *_next_to_open_ends(interval, scale), *inside]


def _next_to_open_ends(interval: Interval, scale: float) -> list[float]:
    span = interval.high - interval.low
    step = 0.05 * (span if span < math.inf else scale)
    low = [] if interval.includes_low or interval.low == -math.inf else [interval.low + step]
    high = [] if interval.includes_high or interval.high == math.inf else [interval.high - step]
    return low + high


def _inside(interval: Interval, scale: float, rng: random.Random) -> float:
    low, high = interval.low, interval.high
    if math.isfinite(low) and math.isfinite(high):
        return rng.uniform(low, high)
    if math.isfinite(low):
        return low + scale * 10 ** rng.uniform(-1, 1)
    if math.isfinite(high):
        return high - scale * 10 ** rng.uniform(-1, 1)
    return rng.gauss(0, 2 * scale)


def size_draws(spec: LossSpec, when: When, rng: random.Random, count: int) -> list[dict[str, int]]:
    """Sizes of the shape symbols other than the batch, within the regime, the smallest ones included."""
    batch = batch_symbol(spec)
    target = spec.class_target()
    classes = getattr(target.domain, "of", None) if target else None
    symbols = [s for s in spec.symbols() if s != batch and not s.startswith("*")]
    choices = {
        s: [n for n in _sizes(when.get(s), CLASS_COUNTS if s == classes else SIZES) if n >= spec.least.get(s, 0)]
        for s in symbols
    }
    draws = [
        {s: sizes[turn % len(sizes)] if s == classes else rng.choice(sizes) for s, sizes in choices.items()}
        for turn in range(count)
    ]
    return [dict(draw) for draw in {tuple(d.items()): d for d in draws}.values()]


def fits(spec: LossSpec, setting: Mapping[str, Any], sizes: Mapping[str, int]) -> bool:
    """Whether no size is too small, and no parameter exceeds the size that bounds it."""
    if any(sizes.get(symbol, least) < least for symbol, least in least_at(spec, _known(spec, setting)).items()):
        return False
    bounded = [p for p in spec.parameters.fields if p.at_most in sizes and setting[p.name] is not None]
    return all(setting[p.name] <= sizes[p.at_most] for p in bounded)


def _sizes(condition: Condition | None, usual: tuple[int, ...]) -> list[int]:
    if condition is None:
        return list(usual)
    if isinstance(condition, OneOf):
        return [int(v) for v in condition.values if v is not None]
    fitting = [n for n in usual if n in condition]
    return fitting or [n for n in range(1, 1000) if within(OneOf(values=(n,)), condition)][:2]


def fill_numbers(
    spec: LossSpec, setting: Mapping[str, Any], lengths: Mapping[str, int], rng: random.Random
) -> dict[str, Any]:
    """Replace every list that was drawn as True by numbers of the length the data asks for."""
    filled = dict(setting)
    for parameter in spec.parameters.fields:
        if parameter.kind == "numbers" and filled[parameter.name] is True:
            length = lengths.get(parameter.length, 1)
            filled[parameter.name] = [round(rng.uniform(0.25, 3), 3) for _ in range(length)]
    return filled
