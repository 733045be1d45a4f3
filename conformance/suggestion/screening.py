"""Guesses that need an argument, drawn from a few values: degrees of homogeneity, and losses that agree with this one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from losskit.conformance.search.inputs import MILD, NoAdmissibleDataError, draw
from losskit.conformance.search.parameters import fits
from losskit.conformance.search.scope import Search
from losskit.conformance.subject import Data, Subject
from losskit.conformance.suggestion.candidates import numeric, real_inputs
from losskit.conformance.suggestion.points import points
from losskit.registry import builtin, get
from losskit.spec import LossSpec
from losskit.spec.errors import LosskitError
from losskit.spec.expressions import Expression, symbol
from losskit.spec.properties import Homogeneous, ReducesTo

FACTOR = 2.0
ROWS = 16
RTOL = 1e-9
REASONABLE = 8  # the largest degree that is proposed


def homogeneous(search: Search) -> list[Homogeneous]:
    """Homogeneity in each real input, in all of them, and in these with one parameter or with all, at a degree guessed."""
    spec = search.spec
    inputs = [i.name for i in real_inputs(spec) if i.domain.at({}).low == -math.inf or i.domain.at({}).low == 0]  # type: ignore[union-attr]
    scalable = [p.name for p in numeric(spec) if p.kind == "float" and not p.optional and not p.words and not p.listed]
    joint = tuple(inputs)
    groups: list[tuple[str, ...]] = [(name,) for name in inputs]
    if joint:
        groups += [joint, *((*joint, name) for name in scalable), (*joint, *scalable)]
    groups += [(name,) for name in scalable]
    found = []
    for group in dict.fromkeys(groups):
        degree = _degree(search, group)
        if degree is not None:
            found.append(Homogeneous(on=group[0] if len(group) == 1 else group, degree=degree))
    return found


def _degree(search: Search, group: Sequence[str]) -> float | None:
    seen: list[float] = []
    for number, subject, sizes in search.subjects({}):
        if number > 1:
            break
        try:
            data = draw(subject, sizes, ROWS, search.rng("degree", number), MILD, 0.0)
            scaled = {n: data[n] * FACTOR if n in group and n in data else data[n] for n in data}
            own = {n: subject.parameters[n] * FACTOR for n in group if n in subject.parameters}
            before, after = subject.value(data), subject.replace(**own).value(scaled)
        except (LosskitError, NoAdmissibleDataError):
            continue
        clear = (before.abs() > 1e-6) & (before * after > 0)
        seen += ((after[clear] / before[clear]).log2()).tolist()
        if bool(((before.abs() > 1e-6) & ~clear).any()):
            return None
    if not seen or max(seen) - min(seen) > 1e-6 or abs(seen[0]) > REASONABLE:
        return None
    degree = round(2 * seen[0]) / 2
    return degree + 0.0 if abs(degree - seen[0]) < 1e-6 else None


def links(search: Search) -> Iterator[ReducesTo]:
    """Built-in losses with the same inputs whose values agree with this one's, up to a scale and an offset."""
    spec = search.spec
    samples = list(_samples(search))
    for name in builtin():
        if name == spec.name:
            continue
        try:
            other = get(name)
        except LosskitError:
            continue
        if _alike(spec, other):
            yield from _relations(spec, other, samples)


def _alike(one: LossSpec, other: LossSpec) -> bool:
    """Whether each takes the required inputs of the other, by name, shape and type."""
    both = []
    for spec, counterpart in ((one, other), (other, one)):
        for entry in (i for i in spec.inputs if not i.optional):
            same = counterpart.input(entry.name)
            both.append(same is not None and (same.shape, same.dtype) == (entry.shape, entry.dtype))
    return all(both) and (one.coupling is None) == (other.coupling is None)


def _samples(search: Search) -> Iterator[tuple[Subject, Data]]:
    """Inputs at the defaults, and at each telling value of one parameter."""
    spec = search.spec
    rng = search.rng("links")
    told = [{}, *({name: value} for name, values in points(spec).items() for value in values)]
    sizes = next((sizes for _, _, sizes in search.subjects({})), {})
    for setting in told:
        try:
            subject = Subject(spec, setting, search.device)
            if fits(spec, subject.parameters, sizes):
                yield subject, draw(subject, sizes, ROWS, rng, MILD)
        except (LosskitError, NoAdmissibleDataError):  # parameters act together, and this one alone may be refused
            continue


def _relations(spec: LossSpec, other: LossSpec, samples: Sequence[tuple[Subject, Data]]) -> Iterator[ReducesTo]:
    shared = [p.name for p in other.parameters.fields if spec.parameters.get(p.name) and p.kind != "numbers"]
    given: list[dict[str, Expression]] = [{}, *([{name: symbol(name) for name in shared}] if shared else [])]
    for parameters in given:
        found = [fit for subject, data in samples for fit in _fit(subject, data, other, parameters)]
        for scale, offset in dict.fromkeys(found):
            if (scale, offset) == (1.0, 0.0):
                yield ReducesTo(other=other.name, parameters=dict(parameters))
            else:
                yield ReducesTo(
                    other=other.name, parameters=dict(parameters), relation="affine", scale=scale, offset=offset
                )
        if found:
            return


def _fit(subject: Subject, data: Data, other: LossSpec, given: dict[str, Expression]) -> Iterator[tuple[float, float]]:
    """The scale and the offset with which another loss gives the values, if it does."""
    chosen: dict[str, Any] = {name: subject.parameters[name] for name in given}
    try:
        theirs = Subject(other, chosen, subject.device)
        if theirs.coupled != subject.coupled:
            return
        b = theirs.value({i.name: data.get(i.name) for i in other.inputs})
        a = subject.value(data)
    except Exception:  # another loss may refuse these inputs in any way: then there is no link
        return
    if a.shape != b.shape or not bool(a.isfinite().all() & b.isfinite().all()):
        return
    if _same(a, b):
        yield 1.0, 0.0
        return
    low, high = int(b.argmin()), int(b.argmax())
    if float(b[high] - b[low]) > 1e-3 and len(b) > 2:
        slope = float((a[high] - a[low]) / (b[high] - b[low]))
        scale = _plain(slope)
        offset = _plain(float(a[low]) - scale * float(b[low]))
        if scale and _same(a, scale * b + offset):
            yield scale, offset


def _same(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, rtol=RTOL, atol=1e-9)


def _plain(number: float) -> float:
    """The number itself, without what rounding added to a short one."""
    short = round(number, 6)
    return short + 0.0 if abs(short - number) < 1e-8 * max(1.0, abs(number)) else number
