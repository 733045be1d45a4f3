"""Ignored labels: their rows count for nothing, whatever else they hold."""

from __future__ import annotations

import math

import torch

from losskit.conformance.checks.base import Comparison, declared, gradients_of, leaves, rounding
from losskit.conformance.outcome import Result
from losskit.conformance.search.inputs import MILD, draw
from losskit.conformance.search.scope import Search
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim
from losskit.spec.tensors import ClassIndex, Input


def ignoring(subject: Subject) -> tuple[Subject, Input, int] | None:
    """The loss with an ignored label, the input that holds it, and its value; None where the loss has none."""
    target = subject.spec.class_target()
    if target is None or not isinstance(target.domain, ClassIndex) or target.domain.ignore is None:
        return None
    name = target.domain.ignore
    if subject.parameters[name] is None:
        subject = subject.replace(**{name: -100})
    return subject, target, int(subject.parameters[name])


def ignores_index(claim: Claim, search: Search) -> Result:
    """Compare a batch with ignored labels, garbage in their other inputs, with the batch without them."""
    comparison = Comparison(claim, search)
    for subject, sizes in declared(claim, search, comparison):
        found = ignoring(subject)
        if found is None:
            comparison.remarks.append("the loss ignores no label")
            return comparison.result()
        changed, target, label = found
        for rows in (2, 5):
            rng = search.rng("ignores", rows, sorted(sizes.items()))
            _check_ignored(
                comparison, changed, target, label, draw(changed, sizes, rows, rng, MILD), rng.getrandbits(30)
            )
    return comparison.result()


def _check_ignored(comparison: Comparison, subject: Subject, target: Input, label: int, data: Data, seed: int) -> None:
    axis = target.shape[-1]
    data = _one_axis(subject, data, axis)
    if len(target.shape) > 1:  # positions within a sample are ignored: one sample shows it
        data = {n: v[:1] if target.shape[0] in subject.input(n).shape[:1] else v for n, v in data.items()}
    count = data[target.name].shape[-1]
    generator = torch.Generator().manual_seed(seed)
    dropped = torch.rand(count, generator=generator) < 0.5
    dropped[seed % count] = True
    kept = (~dropped).nonzero().reshape(-1).to(subject.device)
    spoiled = {n: spoil(subject, n, v, axis, dropped, math.nan) for n, v in data.items()}
    spoiled[target.name] = torch.where(
        dropped.to(subject.device), torch.full_like(data[target.name], label), data[target.name]
    )
    absent = {
        n: v.index_select(_place(subject, n, axis), kept) if axis in subject.input(n).shape else v
        for n, v in data.items()
    }
    names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
    for reduction in ("sum", "mean"):
        if reduction not in subject.spec.reductions():
            continue
        held, rest = leaves(spoiled, names), leaves(absent, names)
        value, wanted = subject.call(held, reduction), subject.call(rest, reduction)
        allowed = rounding(subject, absent, wanted).amax()
        comparison.compare(
            f"{reduction} with ignored labels against the rest alone", value, wanted, allowed, subject, spoiled
        )
        mine, theirs = gradients_of(value, held, names), gradients_of(wanted, rest, names)
        for name in names:
            shape = subject.input(name).shape
            own = mine[name].index_select(_place(subject, name, axis), kept) if axis in shape else mine[name]
            slack = 1e-9 * (1 + theirs[name].abs())
            comparison.compare(f"gradient of {name} with ignored labels", own, theirs[name], slack, subject, spoiled)
            if axis in shape:
                lost = mine[name].index_select(
                    _place(subject, name, axis), dropped.nonzero().reshape(-1).to(subject.device)
                )
                zero = torch.zeros_like(lost)
                comparison.compare(f"gradient of {name} at ignored labels", lost, zero, 1e-300, subject, spoiled)


def _place(subject: Subject, name: str, axis: str) -> int:
    shape = subject.input(name).shape
    return shape.index(axis)


def _one_axis(subject: Subject, data: Data, axis: str) -> Data:
    """The data with the axes of a variadic symbol put into one."""
    if not axis.startswith("*"):
        return data
    flat = {}
    for name, value in data.items():
        shape = subject.input(name).shape
        if axis in shape:
            first = shape.index(axis)
            behind = len(shape) - first - 1
            value = value.flatten(first, value.dim() - 1 - behind)
        flat[name] = value
    return flat


def spoil(
    subject: Subject, name: str, value: torch.Tensor, axis: str, dropped: torch.Tensor, garbage: float
) -> torch.Tensor:
    """An input with not-a-number, or other garbage, where rows are left out; as it is if it has no such axis."""
    shape = subject.input(name).shape
    if axis not in shape or not value.is_floating_point():
        return value
    place = shape.index(axis)
    mask = dropped.to(value.device).view([-1 if d == place else 1 for d in range(value.dim())])
    return value.masked_fill(mask, garbage)
