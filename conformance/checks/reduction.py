"""Reductions, and the batch as the mean of its rows."""

from __future__ import annotations

import torch

from losskit.conformance.checks.base import Comparison, declared, gradients_of, leaves, rounding
from losskit.conformance.checks.counted import compare_counts
from losskit.conformance.checks.ignored import ignoring
from losskit.conformance.checks.reference import oracle
from losskit.conformance.outcome import Result
from losskit.conformance.search.inputs import MILD, NoAdmissibleDataError, along_batch, draw_rows, take
from losskit.conformance.search.scope import Search, Sizes
from losskit.conformance.subject import Data, Subject
from losskit.plugins.debug import debug
from losskit.spec import Claim
from losskit.spec.coupling import batch_symbol, least_at
from losskit.spec.errors import InputError


def reduces(claim: Claim, search: Search) -> Result:
    """Compare ``sum`` with the sum of ``none``, and look at batches with nothing to average."""
    comparison = Comparison(claim, search)
    has = search.spec.reductions()
    for subject, sizes in declared(claim, search, comparison):
        rng = search.rng("reduces", sorted(sizes.items()))
        for data in draw_rows(subject, sizes, (1, 4, 9), rng, MILD) if {"sum", "none"} <= {*has} else ():
            value = subject.call(data)
            allowed = rounding(subject, data, value).sum()
            comparison.compare(
                "sum against the sum of none", subject.call(data, "sum"), value.sum(), allowed, subject, data
            )
            _compare_slopes(comparison, subject, data)
            compare_counts(comparison, subject, data)
        _check_empty(comparison, subject, sizes, search)
        ignored = _all_ignored(subject, sizes, search)
        if ignored is not None:
            check_nothing(comparison, *ignored, "a batch with every label ignored")
    return comparison.result()


def _compare_slopes(comparison: Comparison, subject: Subject, data: Data) -> None:
    """Gradients of ``sum`` and of the sum of ``none`` agree, and that of ``mean`` is as much smaller as its value."""
    names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
    value: dict[str, torch.Tensor] = {}
    slopes: dict[str, dict[str, torch.Tensor]] = {}
    for reduction in ("none", "sum", "mean"):
        held = leaves(data, names)
        value[reduction] = subject.call(held, reduction).sum()
        slopes[reduction] = gradients_of(value[reduction], held, names)
    twice, thrice = (_multiplied(subject, data, names, factor) for factor in (2, 3))
    # a gradient whose parts of 1e12 cancel, as at a zero vector that is normalised, is rounding alone: each factor has its own
    blur = {name: 64 * (thrice[name] / 3 - slopes["sum"][name]).abs().nan_to_num(0.0, 0.0).amax() for name in names}
    for name in names:
        summed, mean = slopes["sum"][name], slopes["mean"][name]
        slack = 1e-9 * (1 + summed.abs().amax()) + blur[name]
        doubled = 1e-9 * (1 + summed.abs())  # a power of 2 leaves every rounding as it was
        comparison.compare(f"gradient of {name} for twice the sum", twice[name], 2 * summed, doubled, subject, data)
        comparison.compare(
            f"gradient of {name} for sum and for none", summed, slopes["none"][name], slack, subject, data
        )
        comparison.compare(
            f"gradient of {name} for mean times the sum, and for sum times the mean",
            mean * value["sum"],
            summed * value["mean"],
            slack * (1 + value["sum"].abs()),
            subject,
            data,
        )


def _multiplied(subject: Subject, data: Data, names: tuple[str, ...], factor: float) -> dict[str, torch.Tensor]:
    """Gradients of a multiple of the sum."""
    held = leaves(data, names)
    return gradients_of(factor * subject.call(held, "sum"), held, names)


def _check_empty(comparison: Comparison, subject: Subject, sizes: Sizes, search: Search) -> None:
    """An empty batch is nothing to average, unless the loss has no batch or is not defined without samples."""
    batch = batch_symbol(subject.spec)
    if not batch:
        return
    if not least_at(subject.spec, subject.parameters).get(batch):
        check_nothing(comparison, subject, empty_batch(subject, sizes, search), "an empty batch")
        return
    data = draw_rows(subject, sizes, (2, 9), search.rng("empty"), MILD)[-1]
    nobody = along_batch(subject, data, torch.empty(0, dtype=torch.int64, device=subject.device))
    try:
        subject.call(nobody)
    except InputError:
        comparison.expect(True, "", subject, nobody)
    else:
        comparison.refuse("an empty batch is accepted, and the loss is not defined without samples", subject, nobody)


def empty_batch(subject: Subject, sizes: Sizes, search: Search) -> Data:
    """A batch without samples, of a loss that is defined for one."""
    data = draw_rows(subject, sizes, (2, 9), search.rng("empty"), MILD)[-1]
    empty = along_batch(subject, data, torch.empty(0, dtype=torch.int64, device=subject.device))
    batch = batch_symbol(subject.spec)
    try:
        subject.call(empty)
    except InputError:
        if not batch.startswith("*"):
            raise
        # the last axis of a variadic batch may need a length (tokens of a sequence): then there is no sequence
        return {n: v.unsqueeze(0)[:0] if batch in subject.input(n).shape[:1] else v for n, v in data.items()}
    return empty


def _all_ignored(subject: Subject, sizes: Sizes, search: Search) -> tuple[Subject, Data] | None:
    found = ignoring(subject)
    if found is None:
        return None
    changed, target, label = found
    data = draw_rows(changed, sizes, (3, 9), search.rng("ignored"), MILD)[-1]
    return changed, {**data, target.name: torch.full_like(data[target.name], label)}


def check_nothing(
    comparison: Comparison, subject: Subject, data: Data, what: str, weight: torch.Tensor | None = None
) -> None:
    """Where nothing counts value and gradient are 0, and ``losskit.debug()`` refuses the batch."""
    names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
    for reduction in ("mean", "sum"):
        if reduction not in subject.spec.reductions():
            continue
        held = leaves(data, names)
        value = subject.call(held, reduction, weight)
        comparison.compare(f"{reduction} of {what}", value, torch.zeros(()), 1e-12, subject, data)
        comparison.expect(value.requires_grad, f"{reduction} of {what} is not connected to the graph", subject, data)
        if value.requires_grad:
            for name, gradient in gradients_of(value, held, names).items():
                zero = torch.zeros_like(gradient)
                comparison.compare(f"gradient of {name} for {what}", gradient, zero, 1e-12, subject, data)
    value = subject.call(data, "none", weight)
    comparison.compare(f"unreduced value of {what}", value, torch.zeros_like(value), 1e-12, subject, data)
    if subject.spec.adapter is not None:  # a foreign loss knows nothing of losskit.debug()
        return
    try:
        with debug():
            subject.call(data, "mean", weight)
    except InputError:
        comparison.expect(True, "", subject, data)
    else:
        comparison.refuse(f"{what} is not refused under losskit.debug()", subject, data)


def batch_decomposable(claim: Claim, search: Search) -> Result:
    """Compare each row of a batch with the row alone."""
    comparison = Comparison(claim, search)
    if search.spec.coupling is not None:
        comparison.remarks.append(f"samples are coupled: {search.spec.coupling}")
        return comparison.result()
    for subject, sizes in declared(claim, search, comparison):
        rng = search.rng("rows", sorted(sizes.items()), str(subject.parameters))  # settings at one size see other rows
        try:
            for data in draw_rows(subject, sizes, (5, 9), rng):
                _compare_rows(comparison, subject, data)
        except NoAdmissibleDataError as refusal:
            comparison.remarks.append(str(refusal))
    return comparison.result()


def _compare_rows(comparison: Comparison, subject: Subject, data: Data) -> None:
    """Each row of a batch, and the mean of all, with the rows alone."""
    together = subject.call(data)
    rows = [take(subject, data, row) for row in range(len(together))]
    means = torch.stack([subject.call(alone, "mean") for alone in rows])
    allowed = rounding(subject, data, together).amax()
    found, counted = subject.call(data, "mean"), _counted(subject, data, len(together))
    wanted = means[counted].mean() if bool(counted.any()) else means.new_zeros(())
    comparison.compare("the mean against the mean of the rows", found, wanted, allowed, subject, data)
    for value, alone in zip(together, rows, strict=True):
        allowed = rounding(subject, alone, value)
        what = "a row of the batch against the row alone"
        comparison.compare(what, value, subject.call(alone)[0], allowed, subject, data)


def _counted(subject: Subject, data: Data, rows: int) -> torch.Tensor:
    """Rows that add to the divisor of the mean; the others have nothing to average."""
    if not subject.spec.oracle:
        return torch.ones(rows, dtype=torch.bool)
    return (oracle(subject, data)[1].reshape(rows, -1) != 0).any(1)
