"""Regimes as data: exact values, sets, open and closed intervals of parameters and sizes."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from losskit.spec.errors import SpecError
from losskit.spec.model import Frozen, read_infinities

Closed = Literal["both", "left", "right", "neither"]
Value = Annotated[bool | int | float | str | None, BeforeValidator(read_infinities)]


class Interval(Frozen):
    """Numbers between two ends, each end in or out; an infinite end is in only where ``inf`` itself is meant."""

    kind: Literal["interval"] = "interval"
    low: float = -math.inf
    high: float = math.inf
    closed: Closed = "neither"

    @model_validator(mode="after")
    def _ordered(self) -> Interval:
        point = self.low == self.high and self.closed == "both"
        if not (self.low < self.high or point):
            raise SpecError(f"interval {self} is empty: its lower end must lie below its upper end")
        return self

    @property
    def includes_low(self) -> bool:
        """Whether the lower end belongs to the interval."""
        return self.closed in ("both", "left")

    @property
    def includes_high(self) -> bool:
        """Whether the upper end belongs to the interval."""
        return self.closed in ("both", "right")

    def __contains__(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        above = value > self.low or (self.includes_low and value == self.low)
        below = value < self.high or (self.includes_high and value == self.high)
        return above and below

    def __str__(self) -> str:
        left, right = "[" if self.includes_low else "(", "]" if self.includes_high else ")"
        return f"{left}{self.low:g}, {self.high:g}{right}"


class OneOf(Frozen):
    """A finite set of values."""

    kind: Literal["one_of"] = "one_of"
    values: tuple[Value, ...]

    @model_validator(mode="after")
    def _not_empty(self) -> OneOf:
        if not self.values:
            raise SpecError("a set of values is empty, expected at least one value")
        return self

    def __contains__(self, value: object) -> bool:
        # True == 1 in Python, yet True is no number of classes
        return any(value == v and isinstance(value, bool) == isinstance(v, bool) for v in self.values)

    def __str__(self) -> str:
        words = [f"{v:g}" if isinstance(v, float) else str(v) for v in self.values]
        return words[0] if len(words) == 1 else "{" + ", ".join(words) + "}"


Condition = Annotated[Interval | OneOf, Field(discriminator="kind")]
When = dict[str, Condition]


def Between(low: float, high: float, closed: Closed = "both") -> Interval:  # noqa: N802 - reads as a type in a spec
    """Numbers from ``low`` to ``high``; both ends belong unless ``closed`` says otherwise."""
    return Interval(low=low, high=high, closed=closed)


def AtLeast(low: float) -> Interval:  # noqa: N802
    """Finite numbers not below ``low``."""
    return Interval(low=low, closed="left")


def Above(low: float) -> Interval:  # noqa: N802
    """Finite numbers above ``low``."""
    return Interval(low=low)


def Below(high: float) -> Interval:  # noqa: N802
    """Finite numbers below ``high``."""
    return Interval(high=high)


def condition(given: Interval | OneOf | Value | Collection[Value]) -> Interval | OneOf:
    """A condition from what a spec may write: a condition, one value, or a set of values."""
    if isinstance(given, Interval | OneOf):
        return given
    if isinstance(given, set | frozenset):
        return OneOf(values=tuple(sorted(given, key=_order)))  # the order of a set of strings changes from run to run
    if isinstance(given, list | tuple):
        return OneOf(values=tuple(given))
    return OneOf(values=(given,))


def _order(value: Value) -> tuple[str, Value]:
    return ("number" if isinstance(value, int | float) else type(value).__name__, value)


def overlap(one: Interval | OneOf, other: Interval | OneOf) -> bool:
    """Whether some value satisfies both conditions."""
    if isinstance(one, OneOf):
        return any(value in other for value in one.values)
    if isinstance(other, OneOf):
        return any(value in one for value in other.values)
    low, high = max(one.low, other.low), min(one.high, other.high)
    return low < high or (low == high and low in one and low in other)


def within(inner: Interval | OneOf, outer: Interval | OneOf) -> bool:
    """Whether every value of ``inner`` satisfies ``outer``."""
    if isinstance(inner, OneOf):
        return all(value in outer for value in inner.values)
    if isinstance(outer, OneOf):
        return inner.low == inner.high and inner.low in outer
    low_fits = inner.low > outer.low or (inner.low == outer.low and (outer.includes_low or not inner.includes_low))
    high_fits = inner.high < outer.high or (
        inner.high == outer.high and (outer.includes_high or not inner.includes_high)
    )
    return low_fits and high_fits


def intersection(one: Interval | OneOf, other: Interval | OneOf) -> Interval | OneOf | None:
    """The values that satisfy both conditions; None where there is none."""
    if isinstance(one, OneOf) or isinstance(other, OneOf):
        finite, rest = (one, other) if isinstance(one, OneOf) else (other, one)
        values = tuple(value for value in finite.values if value in rest) if isinstance(finite, OneOf) else ()
        return OneOf(values=values) if values else None
    if not overlap(one, other):
        return None
    low, high = max(one.low, other.low), min(one.high, other.high)
    low_in = all(low in end or low > end.low or end.includes_low for end in (one, other))
    high_in = all(high in end or high < end.high or end.includes_high for end in (one, other))
    closed: dict[tuple[bool, bool], Closed] = {
        (True, True): "both", (True, False): "left", (False, True): "right", (False, False): "neither",
    }  # fmt: skip
    return Interval(low=low, high=high, closed=closed[low_in, high_in])


def regimes_intersection(one: When, other: When) -> When | None:
    """The points that belong to both regimes; None where there is none."""
    both: When = {**one, **other}
    for name in one.keys() & other.keys():
        shared = intersection(one[name], other[name])
        if shared is None:
            return None
        both[name] = shared
    return both


def regimes_overlap(one: When, other: When) -> bool:
    """Whether two regimes have a point in common; what a regime does not name is free."""
    return all(overlap(one[name], other[name]) for name in one.keys() & other.keys())


def regime_within(inner: When, outer: When) -> bool:
    """Whether every point of one regime belongs to another; what a regime does not name is free."""
    return all(name in inner and within(inner[name], condition) for name, condition in outer.items())


def describe_regime(when: When) -> str:
    """A regime in one line: ``tau in [0, 1], C = 2``; empty where it is always."""
    words = []
    for name, given in when.items():
        single = isinstance(given, OneOf) and len(given.values) == 1
        words.append(f"{name} = {given}" if single else f"{name} in {given}")
    return ", ".join(words)
