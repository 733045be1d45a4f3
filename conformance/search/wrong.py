"""Inputs made wrong in one way, each with the word a spec has for it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from losskit.conformance.subject import Data, Subject
from losskit.spec.graphs import Wrong
from losskit.spec.tensors import Binary, ClassIndex, Distribution, Input, Probability, Real


def wrong_inputs(subject: Subject, data: Data) -> Iterator[tuple[str, Wrong, Data]]:
    """The input that is wrong, what is wrong with it, and the data; several of a word where it has several faces."""
    shared = _shared(subject, data)
    for entry in subject.spec.inputs:
        value: Tensor | None = data.get(entry.name)
        if value is None:
            continue
        for wrong, number in _numbers(entry, subject, data):
            spoiled = value.clone()
            spoiled.view(-1)[-1] = number
            yield entry.name, wrong, {**data, entry.name: spoiled}
        other = value.double() if entry.dtype == "int64" else value.to(torch.int64)
        yield entry.name, "wrong dtype", {**data, entry.name: other}
        yield entry.name, "an axis too many", {**data, entry.name: value.unsqueeze(0)}
        if value.dim():
            yield entry.name, "an axis too few", {**data, entry.name: value[0]}
        for place, symbol in enumerate(entry.shape):
            if symbol in shared:
                first = _first_axis(entry, place, value)
                longer = torch.cat([value, value.narrow(first, 0, 1)], dim=first)
                shorter = value.narrow(first, 0, max(2, value.shape[first] - 1))
                yield entry.name, "an axis too long", {**data, entry.name: longer}
                yield entry.name, "an axis too short", {**data, entry.name: shorter}
                yield entry.name, "an axis of size 1", {**data, entry.name: value.narrow(first, 0, 1)}


def _shared(subject: Subject, data: Data) -> set[str]:
    """Shape symbols that several of the inputs given have."""
    symbols = [symbol for entry in subject.spec.inputs if data.get(entry.name) is not None for symbol in entry.shape]
    return {symbol for symbol in symbols if symbols.count(symbol) > 1}


def _first_axis(entry: Input, place: int, value: Tensor) -> int:
    """Where a symbol's axes begin."""
    behind = any(symbol.startswith("*") for symbol in entry.shape[:place])
    return place - len(entry.shape) + value.dim() if behind else place


def _numbers(entry: Input, subject: Subject, data: Data) -> Iterator[tuple[Wrong, float]]:
    domain = entry.domain
    if isinstance(domain, ClassIndex) and domain.of is not None:
        classes = domain.classes(_size(subject, data, domain.of))
        yield from (("class id C or more", classes), ("class id C or more", 10_000))
        yield from (("class id -C to -1", -1), ("class id -C to -1", -classes))
        yield from (("class id below -C", -classes - 1), ("class id below -C", -10_000))
    elif isinstance(domain, Binary):
        yield from (("not 0 or 1", 2.0), ("not 0 or 1", 0.5), ("not 0 or 1", -1.0), ("not a number", math.nan))
    elif isinstance(domain, Probability | Distribution):
        yield from (("outside the domain", 1.5), ("outside the domain", -0.25), ("not a number", math.nan))
    elif isinstance(domain, Real):
        yield from _outside(domain, subject)


def _outside(domain: Real, subject: Subject) -> Iterator[tuple[Wrong, float]]:
    interval = domain.at(subject.parameters)
    low, high = interval.low, interval.high
    if domain.span is not None:
        low, high = (float(subject.parameters[name]) for name in domain.span)
        low, high = low - 10 * (high - low), high + 10 * (high - low)
    if math.isfinite(high):
        yield "outside the domain", high + 1
    if math.isfinite(low):
        yield "outside the domain", low - 1
    if domain.falling:
        yield "outside the domain", 1e6
    yield "not a number", math.nan


def _size(subject: Subject, data: Data, symbol: str) -> int:
    entry = next(e for e in subject.spec.inputs if symbol in e.shape)
    return int(data[entry.name].shape[_first_axis(entry, entry.shape.index(symbol), data[entry.name])])
