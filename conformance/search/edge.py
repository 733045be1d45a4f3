"""The edge layer: hypothesis draws small structured inputs and shrinks what fails."""

from __future__ import annotations

import math
import random
from typing import Any

import torch
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample, Unsatisfiable
from torch import Tensor

from losskit.conformance.laws.base import Law, Sides
from losskit.conformance.outcome import BROKEN
from losskit.conformance.search.domains import project
from losskit.conformance.search.palette import SHARES
from losskit.conformance.subject import Data, Subject
from losskit.spec.coupling import batch_symbol
from losskit.spec.errors import InputError
from losskit.spec.tensors import Binary, ClassIndex, Distribution, Input, Probability


def edge_case(
    law: Law, subjects: list[tuple[Subject, dict[str, int]]], examples: int, seed: int
) -> tuple[tuple[Subject, Data] | None, int, float]:
    """The simplest small structured input that breaks a law, if one is found, how many were tried, the worst violation."""
    tried, worst = 0, 0.0
    if not subjects:
        return None, tried, worst

    def breaks(drawn: tuple[int, dict[str, Any], int]) -> bool:
        nonlocal tried, worst
        case = _build(law, subjects, drawn)
        if case is None:
            return False
        tried += 1
        found = float(violations(law, law.sides(*case)).amax())
        worst = max(worst, found)
        return found > BROKEN

    quiet = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    try:
        found = find(_inputs(law, subjects), breaks, settings=quiet, random=random.Random(seed))
    except (NoSuchExample, Unsatisfiable):
        return None, tried, worst
    return _build(law, subjects, found), tried, worst


def violations(law: Law, sides: Sides) -> Tensor:
    """Violations in units of the tolerance; what is no number breaks a law, but is no witness of a claimed failure."""
    ratio = sides.ratio()
    return ratio.masked_fill(sides.blind(), 0.0) if law.claim.verdict == "fails" else ratio


def _inputs(law: Law, subjects: list[tuple[Subject, dict[str, int]]]) -> st.SearchStrategy[Any]:
    known: dict[tuple[int, str, int], st.SearchStrategy[Any]] = {}

    def entries(choice: int, entry: Input, count: int) -> st.SearchStrategy[Any]:
        """What an input is drawn from; hypothesis looks into a strategy once, and that takes longer than drawing."""
        key = (choice, entry.name, count)
        if key not in known:
            subject, sizes = subjects[choice]
            known[key] = _lists(entry, sizes, subject, law.palette, count)
        return known[key]

    @st.composite
    def drawn(draw: st.DrawFn) -> tuple[int, dict[str, Any], int]:
        choice = draw(st.integers(0, len(subjects) - 1))
        subject, sizes = subjects[choice]
        # rows of one example are as many cases: they cost less than another example does
        rows = draw(st.integers(1, 5 if subject.coupled else 4)) + _rows_needed(subject, sizes)
        values = {}
        for entry in subject.spec.inputs:
            if entry.optional and not entry.drawn and draw(st.booleans()):
                continue
            shape = tuple(
                rows if s == batch_symbol(subject.spec) or s.startswith("*") else sizes[s] for s in entry.shape
            )
            values[entry.name] = (shape, draw(entries(choice, entry, math.prod(shape))))
        return choice, values, draw(st.integers(0, 3))

    return drawn()


def _rows_needed(subject: Subject, sizes: dict[str, int]) -> int:
    """Rows beside the first: so many that each class can have one, where it must."""
    domains = (entry.domain for entry in subject.spec.inputs)
    counts = [d.classes(sizes[d.of]) for d in domains if isinstance(d, ClassIndex) and d.every and d.of is not None]
    return max([1, *counts]) - 1


def _lists(
    entry: Input, sizes: dict[str, int], subject: Subject, palette: tuple[float, ...], count: int
) -> st.SearchStrategy[list[Any]]:
    domain = entry.domain
    if isinstance(domain, ClassIndex) and domain.every and domain.of is not None:
        classes = range(min(count, domain.classes(sizes[domain.of])))
        free = count - len(classes)
        rest = st.lists(_entries(entry, sizes, subject, palette), min_size=free, max_size=free)
        return rest.flatmap(lambda others: st.permutations([*classes, *others]))
    return st.lists(_entries(entry, sizes, subject, palette), min_size=count, max_size=count)


def _entries(
    entry: Input, sizes: dict[str, int], subject: Subject, palette: tuple[float, ...]
) -> st.SearchStrategy[Any]:
    domain = entry.domain
    if isinstance(domain, ClassIndex):
        classes = domain.classes(sizes[domain.of]) if domain.of is not None else 3
        return st.integers(0, classes - 1)
    if isinstance(domain, Binary):
        return st.sampled_from((0.0, 1.0))
    if isinstance(domain, Probability | Distribution):
        return st.sampled_from(SHARES)
    return st.sampled_from([v for v in palette if v in domain.at(subject.parameters)])


def _build(
    law: Law, subjects: list[tuple[Subject, dict[str, int]]], drawn: tuple[int, dict[str, Any], int]
) -> tuple[Subject, Data] | None:
    choice, values, seed = drawn
    subject = subjects[choice][0]
    data = law.given({name: _tensor(subject, name, shape, entries) for name, (shape, entries) in values.items()})
    try:
        with torch.no_grad():
            subject.call(data)
    except InputError:  # a combination of absent inputs and sizes that this loss refuses
        return None
    if law.applies(subject, data):
        return None
    return subject, project(subject, law.prepare(subject, data, random.Random(seed)), law.ends)


def _tensor(subject: Subject, name: str, shape: tuple[int, ...], entries: list[Any]) -> Tensor:
    dtype = torch.int64 if subject.input(name).dtype == "int64" else subject.dtype
    tensor = torch.tensor(entries, dtype=dtype, device=subject.device).reshape(shape)
    if not isinstance(subject.input(name).domain, Distribution):
        return tensor
    shares = torch.where(tensor.sum(-1, keepdim=True) > 0, tensor, torch.ones_like(tensor))
    return shares / shares.sum(-1, keepdim=True)
