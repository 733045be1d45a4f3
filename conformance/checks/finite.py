"""Finiteness: over the whole domain, at its ends, and at parameters where powers have slopes without bound."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import torch

from losskit.conformance.checks.base import Comparison, declared
from losskit.conformance.checks.numerics import floats, value_and_gradients
from losskit.conformance.checks.refusals import Refusals, refusal
from losskit.conformance.outcome import Result
from losskit.conformance.search.ends import at_ends
from losskit.conformance.search.inputs import MODERATE, WIDE
from losskit.conformance.search.parameters import fits
from losskit.conformance.search.scope import Search, Sizes
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim, Interval
from losskit.spec.errors import InputError, ParameterError
from losskit.spec.regimes import Condition
from losskit.spec.tensors import Input, Real

DTYPES = (torch.float64, torch.float32)
BETWEEN = (0.05, 0.5, 0.95)
NEXT = 2.0**-26


def _saturate(subject: Subject, data: Data, turn: int) -> Data:
    """Extreme values where an input may be any number: saturated scores, all zeros, one constant, denormals."""
    changes = (
        lambda v: torch.where(v > 0, torch.full_like(v, 1e4), torch.full_like(v, -1e4)),
        torch.zeros_like,
        lambda v: torch.full_like(v, 1e4),
        lambda v: v * 1e-300,
        lambda v: v,
    )
    change = changes[turn % len(changes)]
    free = [i.name for i in subject.spec.inputs if i.name in data and _is_free(subject, i)]
    return {**data, **{name: change(data[name]) for name in free}}


def _is_free(subject: Subject, entry: Input) -> bool:
    """Whether an input may be any number, which saturation does not leave."""
    domain = entry.domain
    if not isinstance(domain, Real) or domain.falling or domain.span is not None:
        return False
    return domain.at(subject.parameters) == Interval()


def finite_on(claim: Claim, search: Search) -> Result:
    """Look for NaN, Inf and refusals in value and gradient over the whole domain, in float64 and float32."""
    comparison = Comparison(claim, search)
    refusals = Refusals(comparison)
    for subject, sizes in declared(claim, search, comparison):
        rng = search.rng("finite", sorted(sizes.items()))
        for turn in range(5):
            data = _saturate(subject, refusals.drawn(subject, sizes, rng, WIDE), turn)
            for dtype in DTYPES:
                _expect_finite(refusals, subject, floats(data, dtype), dtype)
        _try_ends(refusals, subject, sizes, rng)
    for subject, sizes in _between(claim, search, comparison):
        rng = search.rng("between", str(subject.parameters))
        for dtype in DTYPES:
            _expect_finite(refusals, subject, floats(refusals.drawn(subject, sizes, rng, WIDE), dtype), dtype)
        _try_ends(refusals, subject, sizes, rng)
    refusals.remark()
    return comparison.result()


def _between(claim: Claim, search: Search, comparison: Comparison) -> Iterator[tuple[Subject, Sizes]]:
    """Settings with one parameter strictly between 0 and 1, where powers have slopes without bound, or next to an open end."""
    first = next(declared(claim, search, comparison), None)
    if first is None:
        return
    subject, sizes = first
    for parameter in subject.spec.parameters.fields:
        if parameter.kind != "float":
            continue
        for value in (*BETWEEN, *_next_to_open_ends(parameter.domain)):
            if value not in claim.when.get(parameter.name, parameter.domain) or value not in parameter.domain:
                continue
            try:
                changed = subject.replace(**{parameter.name: value})
            except ParameterError:  # it does not go with the other parameters
                continue
            if changed.narrowing(claim.property.kind) is None and fits(changed.spec, changed.parameters, sizes):
                yield changed, sizes


def _next_to_open_ends(domain: Condition) -> Iterator[float]:
    """Numbers that float64 tells from an end other than 0 that is left out, and float32 does not."""
    if isinstance(domain, Interval):
        for end, inside in ((domain.low, domain.includes_low), (domain.high, domain.includes_high)):
            if math.isfinite(end) and end and not inside:
                yield from (end * (1 - NEXT), end * (1 + NEXT))


def _try_ends(refusals: Refusals, subject: Subject, sizes: Sizes, rng: random.Random) -> None:
    """Inputs whose entries are ends of their domains and their neighbours, side by side in one row."""
    for far in (True, False):
        data = refusals.drawn(subject, sizes, rng, MODERATE)
        for dtype in DTYPES:
            _expect_finite(refusals, subject, at_ends(subject, floats(data, dtype), rng, far), dtype)


def _expect_finite(refusals: Refusals, subject: Subject, shown: Data, dtype: torch.dtype) -> None:
    comparison = refusals.comparison
    refused = refusal(subject, shown) if subject.device.type != "cpu" else None  # values are not read there
    if refused is not None:
        refusals.add(refused, subject, shown)
        return
    try:
        value, gradients = value_and_gradients(subject, shown)
    except InputError as error:
        refusals.add(error, subject, shown)
        return
    whole = all(bool(found.isfinite().all()) for found in (value, *gradients.values()))
    if not whole and dtype == torch.float32 and _overflows(subject, shown):
        return
    comparison.expect(bool(value.isfinite().all()), f"the value is {value.tolist()} in {dtype}", subject, shown)
    for name, gradient in gradients.items():
        fine = bool(gradient.isfinite().all())
        comparison.expect(fine, f"the gradient of {name} is not finite in {dtype}", subject, shown)


def _overflows(subject: Subject, data: Data) -> bool:
    """Whether the value or a gradient is finite and larger than any number of float32 (a product of layers of 1e4)."""
    value, gradients = value_and_gradients(subject, floats(data, torch.float64))
    found = torch.cat([value.reshape(-1), *(g.reshape(-1) for g in gradients.values())]).detach().abs()
    return bool((found.isfinite() & (found > torch.finfo(torch.float32).max)).any())
