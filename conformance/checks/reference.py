"""The loss against its oracle."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from losskit.conformance.checks.base import Comparison, declared, gradients_of, leaves, rounding
from losskit.conformance.outcome import Result
from losskit.conformance.search.inputs import MODERATE, WIDE, draw_rows
from losskit.conformance.search.scope import Search, Sizes
from losskit.conformance.subject import Data, Subject
from losskit.plugins.debug import unread
from losskit.registry import reference_gradient
from losskit.spec import Claim

STEP = 1e-5
BATCHES = (2, 4, 9)  # sizes whose gradients are compared
ENTRIES = 24  # of the smallest batch's gradient that differences of the oracle are taken for
DIRECTIONS = 3  # of each larger batch: along one of them every entry shows, at the price of a single one


def arrays(data: Data) -> dict[str, Any]:
    """Inputs as the oracle takes them."""
    return {n: v.detach().cpu().numpy() for n, v in data.items() if torch.is_tensor(v)}


def oracle(subject: Subject, data: Data) -> tuple[Tensor, Tensor]:
    """Unreduced value and counts from the NumPy reference."""
    returned = subject.reference(**{**subject.parameters, **arrays(data)})
    value, count = returned if isinstance(returned, tuple) else (returned, np.ones_like(returned))
    return torch.as_tensor(np.asarray(value, dtype=np.float64)), torch.as_tensor(np.asarray(count, dtype=np.float64))


def oracle_mean(value: Tensor, count: Tensor) -> Tensor:
    """The mean that values and counts stand for; 0 where there is nothing to average."""
    total = count.sum()
    return value.sum() / total if total != 0 else torch.zeros(())


def matches_reference(claim: Claim, search: Search) -> Result:
    """Compare every reduction with the oracle at all scales, and gradients with the oracle's."""
    comparison = Comparison(claim, search)
    if not search.spec.oracle:
        comparison.remarks.append("the spec names no reference to compare with")
        return comparison.result()
    for subject, sizes in declared(claim, search, comparison):
        _compare_at(comparison, subject, sizes, search, (1, 2, 5, 17), ENTRIES, DIRECTIONS)
    for _, subject, sizes in search.neighbours():  # so many that each need not be looked at from every side
        if subject.narrowing(claim.property.kind) is None:
            _compare_at(comparison, subject, sizes, search, (5, 17), 0, 1)
    return comparison.result()


def _compare_at(
    comparison: Comparison,
    subject: Subject,
    sizes: Sizes,
    search: Search,
    rows: tuple[int, ...],
    entries: int,
    directions: int,
) -> None:
    """Batches of some sizes at one setting.

    Of gradients so many entries of the smallest batch are compared one by one, and so many directions of the larger ones.
    """
    rng = search.rng("reference", sorted(sizes.items()), str(subject.parameters))
    for turn, data in enumerate(draw_rows(subject, sizes, rows, rng, WIDE)):
        value, count = oracle(subject, data)
        allowed = 1e-9 * value.abs() + rounding(subject, data, value)
        total = (1e-9 * value.abs() + allowed).sum()
        divisor = count.sum().clamp(min=1e-300) if count.sum() != 0 else torch.ones(())
        wanted = {
            "none": ("unreduced value", value, allowed),
            "sum": ("sum", value.sum(), total),
            "mean": ("mean", oracle_mean(value, count), total / divisor),
        }
        reductions = search.spec.reductions()
        for reduction in reductions:
            word, right, slack = wanted[reduction]
            found = subject.call(data, reduction)
            comparison.compare(f"{word} against the oracle", found, right, slack, subject, data)
        reduction = reductions[turn % len(reductions)]
        word, right, slack = wanted[reduction]
        with unread():
            found = subject.call(data, reduction)
        comparison.compare(f"{word} as on an accelerator against the oracle", found, right, slack, subject, data)
    for place, data in enumerate(draw_rows(subject, sizes, BATCHES, rng, MODERATE, ties=0.0)):
        _compare_gradient(comparison, subject, data, search, 0 if place else entries, directions)
        _compare_constants(comparison, subject, data)


def _compare_gradient(
    comparison: Comparison, subject: Subject, data: Data, search: Search, entries: int, directions: int
) -> None:
    names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
    held = leaves(data, names)
    found = gradients_of(subject.call(held, "sum"), held, names)
    with unread():
        others = gradients_of(subject.call(held, "sum"), held, names)
    for name, other in others.items():
        slack = 1e-9 * (1 + found[name].abs())
        comparison.compare(f"gradient of {name} as on an accelerator", other, found[name], slack, subject, data)
    if subject.spec.oracle_gradient:
        function = reference_gradient(subject.spec)
        for name, wanted in function(**{**subject.parameters, **arrays(data)}).items():
            formula = torch.as_tensor(np.asarray(wanted, dtype=np.float64))
            allowed = 1e-9 * (1 + formula.abs().amax()) if formula.numel() else 1e-9
            comparison.compare(f"gradient of {name} against its formula", found[name], formula, allowed, subject, data)
        return
    allowance = 64 * 2.3e-16 * (1 + oracle(subject, data)[0].abs().sum()) / STEP
    for name in names:
        for direction in _directions(data[name], search.rng("entries", name), entries, directions):
            quotients = [_difference(subject, data, name, direction, step) for step in (2 * STEP, STEP)]
            slope = (found[name] * direction).sum()
            _compare_slope(comparison, subject, data, name, slope, quotients, allowance)


def _directions(tensor: Tensor, rng: random.Random, entries: int, directions: int) -> Iterator[Tensor]:
    """Directions that differences are taken along: single entries, or, if these are none, some that move every entry."""
    if not entries:
        generator = torch.Generator().manual_seed(rng.getrandbits(62))
        for _ in range(directions if tensor.numel() else 0):
            direction = torch.randn(tensor.shape, generator=generator, dtype=tensor.dtype).to(tensor.device)
            yield direction / direction.abs().amax()
        return
    places = list(range(tensor.numel()))
    rng.shuffle(places)
    for place in places[:entries]:
        direction = torch.zeros_like(tensor)
        direction.view(-1)[place] = 1.0
        yield direction


def _compare_constants(comparison: Comparison, subject: Subject, data: Data) -> None:
    """No gradient flows to real inputs that the spec does not call differentiable."""
    constants = tuple(
        i.name
        for i in subject.spec.inputs
        if i.dtype == "float" and not i.differentiable and data.get(i.name) is not None
    )
    if not constants:
        return
    held = leaves(data, (*subject.spec.differentiable(), *constants))
    for name, gradient in gradients_of(subject.call(held, "sum"), held, constants).items():
        zero = torch.zeros_like(gradient)
        comparison.compare(f"gradient of {name}, which takes none", gradient, zero, 1e-300, subject, data)


def _compare_slope(
    comparison: Comparison,
    subject: Subject,
    data: Data,
    name: str,
    found: Tensor,
    quotients: list[Tensor],
    allowance: Tensor,
) -> None:
    if bool(torch.stack(quotients).isinf().any()):  # values are compared on their own, infinite ones too
        comparison.remarks.append("entries where the value is infinite were left out of the gradient's comparison")
        return
    spread = (quotients[1] - quotients[0]).abs()
    if float(spread) > 1e-4 * (1 + float(quotients[1].abs())):  # a kink between the two steps: nothing to compare
        comparison.remarks.append("entries next to a kink were left out of the gradient's comparison")
        return
    wanted = quotients[1] + (quotients[1] - quotients[0]) / 3
    allowed = 1e-6 * (1e-3 + wanted.abs()) + spread + allowance
    comparison.compare(f"gradient of {name} against differences of the oracle", found, wanted, allowed, subject, data)


def _difference(subject: Subject, data: Data, name: str, direction: Tensor, step: float) -> Tensor:
    """The slope between two points on either side; infinite where a value is, as two infinities have no difference."""
    sums = [oracle(subject, {**data, name: data[name].detach() + sign * step * direction})[0].sum() for sign in (1, -1)]
    if any(bool(total.isinf()) for total in sums):
        return torch.full_like(sums[0], torch.inf)
    return (sums[0] - sums[1]) / (2 * step)
