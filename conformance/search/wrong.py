"""Inputs made wrong in one way, each with the word a spec has for it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from losskit.conformance.search.membership import belongs
from losskit.conformance.subject import Data, Subject
from losskit.spec.graphs import Wrong
from losskit.spec.tensors import Binary, ClassIndex, Distribution, Input, Probability, Real

RISE = 1e6  # above every entry of a row that must not rise


@dataclass(frozen=True)
class WrongInput:
    """Data of which one input was made wrong.

    Attributes:
        name: of that input.
        wrong: the word that ``graph_accepts`` has for what is wrong; None for what no graph can be given.
        what: the same with its numbers, for people.
        data: all inputs.
    """

    name: str
    wrong: Wrong | None
    what: str
    data: Data


def excluded_inputs(subject: Subject, data: Data) -> Iterator[WrongInput]:
    """Those of the wrong inputs that lie outside what the spec declares, so that the loss must refuse them."""
    return (one for one in wrong_inputs(subject, data) if not belongs(subject, one.data))


def wrong_inputs(subject: Subject, data: Data) -> Iterator[WrongInput]:
    """Each input made wrong; some of it a loss may take: an id that is ignored, not-a-number among scores.

    Args:
        subject: the loss.
        data: inputs that it takes.
    """
    shared = _shared(subject, data)
    for entry in subject.spec.inputs:
        value: Tensor | None = data.get(entry.name)
        if value is None:
            continue
        for wrong, what, changed in _changes(entry, value, subject, data, shared):
            yield WrongInput(entry.name, wrong, what, {**data, entry.name: changed})


def _changes(
    entry: Input, value: Tensor, subject: Subject, data: Data, shared: set[str]
) -> Iterator[tuple[Wrong | None, str, Tensor | str]]:
    yield None, "is no tensor", "text"
    for wrong, number in _numbers(entry, value, subject, data) if value.numel() else ():
        spoiled = value.clone()
        spoiled.view(-1)[-1] = number
        yield wrong, f"holds {number}", spoiled
    if isinstance(entry.domain, ClassIndex) and entry.domain.every:
        yield None, "lacks a class", torch.zeros_like(value)
    other = value.double() if entry.dtype == "int64" else value.to(torch.int64)
    yield "wrong dtype", f"has the dtype {other.dtype}", other
    yield "an axis too many", "has an axis too many", value.unsqueeze(0)
    if value.dim():
        yield "an axis too few", "has an axis too few", value[0]
    for place, symbol in enumerate(entry.shape):
        if symbol in shared:
            first = _first_axis(entry, place, value)
            longer = torch.cat([value, value.narrow(first, 0, 1)], dim=first)
            shorter = value.narrow(first, 0, min(max(2, value.shape[first] - 1), value.shape[first]))
            yield "an axis too long", f"has one more of {symbol}", longer
            yield "an axis too short", f"has less of {symbol}", shorter
            yield "an axis of size 1", f"has one of {symbol} for all", value.narrow(first, 0, 1)


def _shared(subject: Subject, data: Data) -> set[str]:
    """Shape symbols that several of the inputs given have."""
    symbols = [symbol for entry in subject.spec.inputs if data.get(entry.name) is not None for symbol in entry.shape]
    return {symbol for symbol in symbols if symbols.count(symbol) > 1}


def _first_axis(entry: Input, place: int, value: Tensor) -> int:
    """Where a symbol's axes begin."""
    behind = any(symbol.startswith("*") for symbol in entry.shape[:place])
    return place - len(entry.shape) + value.dim() if behind else place


def _numbers(entry: Input, value: Tensor, subject: Subject, data: Data) -> Iterator[tuple[Wrong | None, float]]:
    """Numbers that the last entry is replaced by."""
    domain = entry.domain
    if isinstance(domain, ClassIndex) and domain.of is not None:
        yield from _ids(domain.classes(_size(subject, data, domain.of)))
    elif isinstance(domain, Binary):
        yield from (("not 0 or 1", 2.0), ("not 0 or 1", 0.5), ("not 0 or 1", -1.0), ("not a number", math.nan))
    elif isinstance(domain, Probability | Distribution):
        yield from (("outside the domain", 1.5), ("outside the domain", -0.25), ("not a number", math.nan))
        if isinstance(domain, Distribution):  # a share that spoils the sum alone
            yield "outside the domain", (float(value.reshape(-1)[-1]) + 0.5) % 1
    elif isinstance(domain, Real):
        yield from _outside(domain, subject)


def _ids(classes: int) -> Iterator[tuple[Wrong, int]]:
    for number in (classes, 10_000):
        yield "class id C or more", number
    for number in (-1, -7, -classes, -classes - 1, -10_000):
        yield ("class id -C to -1" if number >= -classes else "class id below -C"), number


def _outside(domain: Real, subject: Subject) -> Iterator[tuple[Wrong | None, float]]:
    interval = domain.at(subject.parameters)
    if math.isfinite(interval.high):
        yield "outside the domain", interval.high + 1
    if math.isfinite(interval.low):
        yield "outside the domain", interval.low - 1
    for end, inside in ((interval.low, interval.includes_low), (interval.high, interval.includes_high)):
        if math.isfinite(end) and not inside:
            yield "outside the domain", end
    if domain.span is not None:
        low, high = (float(subject.parameters[name]) for name in domain.span)
        yield "outside the domain", high + 10 * (high - low) + 1
        yield "outside the domain", low - 10 * (high - low) - 1
    if domain.falling:
        yield "outside the domain", RISE
    yield "not a number", math.nan


def _size(subject: Subject, data: Data, symbol: str) -> int:
    entry = next(e for e in subject.spec.inputs if symbol in e.shape and data.get(e.name) is not None)
    return int(data[entry.name].shape[_first_axis(entry, entry.shape.index(symbol), data[entry.name])])
