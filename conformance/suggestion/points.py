"""Simple parts of a parameter space: one value of one parameter, a run of values, the defaults."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from losskit.spec import Interval, LossSpec, OneOf, Parameter
from losskit.spec.regimes import When

LANDMARKS = (0.0, 0.5, 1.0, 2.0, 3.0)  # where families of losses have members of their own
MOST = 16  # points of all parameters together


def points(spec: LossSpec) -> dict[str, list[Any]]:
    """Values of each parameter that a property may be tied to: ends, the default, landmarks, words, None."""
    found = {p.name: _values(p) for p in spec.parameters.fields if not p.tuning}
    found = {name: values for name, values in found.items() if len(values) > 1}
    room = max(2, MOST // max(1, len(found)))
    return {name: _ordered(values[:room]) for name, values in found.items()}


def _values(parameter: Parameter) -> list[Any]:
    """The most telling first."""
    domain, default = parameter.domain, parameter.default
    some: list[Any] = [] if isinstance(default, tuple) else [default]
    some += [None] if parameter.optional else []
    some += parameter.words
    if isinstance(domain, OneOf):
        some += domain.values
    elif parameter.kind in ("float", "int"):
        ends = [e for e, inside in ((domain.low, domain.includes_low), (domain.high, domain.includes_high)) if inside]
        some += [e for e in (*ends, *LANDMARKS) if e in domain]
    if parameter.kind == "int":
        some = [int(v) if isinstance(v, float) and v.is_integer() else v for v in some]
        some = [v for v in some if not isinstance(v, float)]
    if parameter.kind == "float":
        some = [float(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in some]
    return list({repr(v): v for v in some}.values())


def _ordered(values: list[Any]) -> list[Any]:
    numbers = sorted(v for v in values if _is_number(v))
    return [*numbers, *(v for v in values if not _is_number(v))]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def at(name: str, value: Any) -> When:
    """The regime in which a parameter has one value."""
    return {name: OneOf(values=(value,))}


def defaults(spec: LossSpec) -> When:
    """The regime of the default parameters; lists of numbers are left out where None is their default."""
    fixed = [p for p in spec.parameters.fields if not p.tuning and not isinstance(p.default, tuple)]
    return {p.name: OneOf(values=(p.default,)) for p in fixed}


@dataclass(frozen=True)
class Run:
    """Neighbouring values of one parameter that are alike.

    Attributes:
        values: in order.
        inner: the interval from the first to the last of them, to the domain's own end where they touch it; None for a
            single value, and for what is no number.
        outer: the interval to the neighbours that are not alike, without these.
    """

    values: tuple[Any, ...]
    inner: Interval | None = None
    outer: Interval | None = None

    def regimes(self, name: str, *, outer: bool) -> list[When]:
        """What may be said of these values, the widest first."""
        wide: list[Interval | None] = [self.outer] if outer else []
        spans: list[When] = [{name: interval} for interval in (*wide, self.inner) if interval is not None]
        return [*spans, {name: OneOf(values=self.values)}]


def runs(parameter: Parameter, values: Sequence[Any], chosen: Sequence[bool]) -> Iterator[Run]:
    """Runs of chosen values, which are in order, numbers first; all that are no numbers make one run."""
    numbers = [v for v in values if _is_number(v)]
    start: int | None = None
    for place in range(len(numbers) + 1):
        inside = place < len(numbers) and chosen[place]
        if inside and start is None:
            start = place
        if not inside and start is not None:
            yield _run(parameter, numbers, start, place)
            start = None
    others = tuple(v for v, yes in zip(values, chosen, strict=True) if yes and not _is_number(v))
    if others:
        yield Run(others)


def _run(parameter: Parameter, numbers: list[Any], start: int, stop: int) -> Run:
    found, domain = tuple(numbers[start:stop]), parameter.domain
    if not isinstance(domain, Interval) or math.isinf(found[0]):
        return Run(found)
    bottom, top = (domain.low, domain.includes_low), (domain.high, domain.includes_high)
    first, last = start == 0, stop == len(numbers)
    low, high = (found[0], True), (found[-1], True)
    inner = _interval(bottom if first else low, top if last else high) if first or last or len(found) > 1 else None
    outer = _interval(bottom if first else (numbers[start - 1], False), top if last else (numbers[stop], False))
    return Run(found, inner, outer)


def _interval(low: tuple[float, bool], high: tuple[float, bool]) -> Interval | None:
    closed = {(True, True): "both", (True, False): "left", (False, True): "right", (False, False): "neither"}
    if not low[0] < high[0]:
        return None
    return Interval(low=low[0], high=high[0], closed=closed[low[1], high[1]])
