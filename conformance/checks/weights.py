"""Sample weights: a weight of n is a row n times, one of 0 a row that is not there."""

from __future__ import annotations

import math

import torch

from losskit.conformance.checks.base import Comparison, declared, gradients_of, leaves, rounding
from losskit.conformance.checks.ignored import spoil
from losskit.conformance.checks.reduction import check_nothing
from losskit.conformance.outcome import Result
from losskit.conformance.search.inputs import MILD, along_batch, draw_rows
from losskit.conformance.search.scope import Search
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim, Interval
from losskit.spec.coupling import batch_symbol, least_at
from losskit.spec.tensors import Input, Real


def weighted(claim: Claim, search: Search) -> Result:
    """Compare whole-number weights with repeated rows."""
    comparison = Comparison(claim, search)
    if search.spec.weights is None:
        comparison.remarks.append("the loss takes no sample weights")
        return comparison.result()
    for subject, sizes in declared(claim, search, comparison):
        rng = search.rng("weighted", sorted(sizes.items()))
        for data in draw_rows(subject, sizes, (1, 3, 6), rng, MILD):
            size = subject.module().weight_shape({i.name: data.get(i.name) for i in subject.spec.inputs})
            if len(size) != 1:
                continue  # repetition is along one axis
            counts = torch.tensor([rng.randint(0, 3) for _ in range(size[0])], device=subject.device)
            repeated = along_batch(
                subject, data, torch.arange(size[0], device=subject.device).repeat_interleave(counts)
            )
            weight = counts.to(subject.dtype)
            for reduction in ("sum", "mean"):
                if reduction not in search.spec.reductions():
                    continue
                found = subject.call(data, reduction, weight)
                wanted = subject.call(repeated, reduction)
                allowed = rounding(subject, data, found).amax() * max(1, int(counts.sum()))
                shown = {**data, "sample_weight": weight}
                comparison.compare(
                    f"{reduction} with weights against repeated rows", found, wanted, allowed, subject, shown
                )
                _compare_weighted_slopes(comparison, subject, data, weight, reduction)
            _check_unreduced(comparison, subject, data, weight)
            _check_weightless(comparison, subject, data, weight)
            if not least_at(subject.spec, subject.parameters).get(batch_symbol(subject.spec)):
                check_nothing(comparison, subject, data, "a batch without weight", torch.zeros_like(weight))
    return comparison.result()


def _compare_weighted_slopes(
    comparison: Comparison, subject: Subject, data: Data, weight: torch.Tensor, reduction: str
) -> None:
    """The gradient with weights is that of the repeated rows, in which each row gathers what its copies get."""
    names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
    held, rest = leaves(data, names), leaves(data, names)
    places = torch.arange(len(weight), device=subject.device).repeat_interleave(weight.long())
    found = gradients_of(subject.call(held, reduction, weight), held, names)
    wanted = gradients_of(subject.call(along_batch(subject, rest, places), reduction), rest, names)
    shown = {**data, "sample_weight": weight}
    for name in names:
        slack = 1e-9 * (1 + wanted[name].abs().amax()) if wanted[name].numel() else 1e-9
        detail = f"gradient of {name} for {reduction} with weights against repeated rows"
        comparison.compare(detail, found[name], wanted[name], slack, subject, shown)


def _check_unreduced(comparison: Comparison, subject: Subject, data: Data, weight: torch.Tensor) -> None:
    plain = subject.call(data)
    if subject.coupled or plain.dim() == 0 or plain.shape[0] != len(weight):
        return
    wanted = plain * weight.view(-1, *[1] * (plain.dim() - 1))
    shown = {**data, "sample_weight": weight}
    found = subject.call(data, "none", weight)
    comparison.compare("weighted unreduced values", found, wanted, rounding(subject, data, wanted), subject, shown)


def _check_weightless(comparison: Comparison, subject: Subject, data: Data, weight: torch.Tensor) -> None:
    """Rows of weight 0 count as absent, so not-a-number in them reaches no value."""
    axis = batch_symbol(subject.spec)
    dropped = (weight == 0).cpu()
    names = tuple(n for n in subject.spec.differentiable() if _admits_nan(subject, subject.input(n)))
    spoiled = {n: spoil(subject, n, v, axis, dropped, math.nan) if n in names else v for n, v in data.items()}
    for reduction in ("sum", "mean"):
        found, wanted = (subject.call(rows, reduction, weight) for rows in (spoiled, data))
        allowed = rounding(subject, data, wanted).amax()
        shown = {**spoiled, "sample_weight": weight}
        comparison.compare(f"{reduction} with NaN in rows of weight 0", found, wanted, allowed, subject, shown)


def _admits_nan(subject: Subject, entry: Input) -> bool:
    """Whether not-a-number passes the checks of an input; one with an interval for a domain refuses it in any row."""
    return isinstance(entry.domain, Real) and entry.domain.at(subject.parameters) == Interval()
