"""What a batch counts for: the pair of its sum and its count, and ``losskit.debug()``, which refuses what counts nothing."""

from __future__ import annotations

import torch

from losskit.conformance.checks.base import Comparison, rounding
from losskit.conformance.checks.reference import oracle
from losskit.conformance.subject import Data, Subject
from losskit.plugins.base import NOTHING
from losskit.plugins.debug import debug
from losskit.registry import build
from losskit.spec.errors import InputError


def compare_counts(comparison: Comparison, subject: Subject, data: Data) -> None:
    """Compare ``sum_count`` with sum and mean, and the mean under ``losskit.debug()`` with the mean.

    A foreign loss has neither.
    """
    if subject.spec.adapter is not None or "mean" not in subject.spec.reductions():
        return
    _compare_debugged(comparison, subject, data)
    if not subject.coupled and "sum" in subject.spec.reductions():
        _compare_pair(comparison, subject, data)


def _compare_debugged(comparison: Comparison, subject: Subject, data: Data) -> None:
    """The same mean, or a refusal where nothing counts, and nowhere else."""
    nothing = bool(subject.spec.oracle) and not bool(oracle(subject, data)[1].any())
    wanted = subject.call(data, "mean")
    try:
        with debug():
            found = subject.call(data, "mean")
    except InputError as error:  # other inputs may be found wrong, too, by checks that cost too much for every step
        told = f"there is something to average, and losskit.debug() refuses the batch: {error}"
        comparison.expect(nothing or NOTHING not in str(error), told, subject, data)
        return
    told = "nothing is averaged, and losskit.debug() accepts the batch"
    comparison.expect(not nothing, told, subject, data)
    comparison.compare("mean under losskit.debug()", found, wanted, 1e-300, subject, data)


def _compare_pair(comparison: Comparison, subject: Subject, data: Data) -> None:
    """The sum, and the divisor of the mean, which takes no gradient even where weights do."""
    given = {k: list(v) if isinstance(v, tuple) else v for k, v in subject.parameters.items()}
    module = build(subject.spec, reduction="sum_count", **given).to(subject.device)
    arguments = [data.get(i.name) for i in subject.spec.inputs]
    settings: list[dict[str, torch.Tensor]] = [{}]
    if subject.spec.weights is not None:
        shape = subject.module().weight_shape({i.name: data.get(i.name) for i in subject.spec.inputs})
        ones = torch.ones(shape, dtype=subject.dtype, device=subject.device)
        settings.append({"sample_weight": ones.requires_grad_()})
    for weights in settings:
        total, count = module(*arguments, **weights)
        wanted = subject.call(data, "sum")
        allowed = rounding(subject, data, wanted)
        comparison.compare("the sum of sum and count", total, wanted, allowed, subject, data)
        divided = total / count if bool(count) else total
        comparison.compare("sum over count", divided, subject.call(data, "mean"), allowed, subject, data)
        comparison.expect(not count.requires_grad, "the count takes a gradient", subject, data)
