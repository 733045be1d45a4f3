"""Batches at the edge where a loss reads no values and takes the form of a graph: under ``torch.func.grad``, and compiled."""

from __future__ import annotations

import torch
from torch import Tensor

from losskit.conformance.checks.base import Comparison, gradients_of, leaves
from losskit.conformance.checks.reduction import empty_batch
from losskit.conformance.checks.worked import WEIGHT, at_parameters, compare_worked, example_inputs, examples_of
from losskit.conformance.search.scope import Search, Sizes
from losskit.conformance.subject import Data, Subject
from losskit.spec.coupling import batch_symbol, least_at


def compare_examples(comparison: Comparison, search: Search, kind: str) -> None:
    """Values and gradients of worked examples; of what is refused for its values, the outcome that the example shows.

    Args:
        comparison: what is added to.
        search: the spec and the device.
        kind: the property asked for, which the spec may narrow.
    """
    spec = search.spec
    for example in examples_of(spec):
        if example.expected is None:
            continue
        subject = at_parameters(spec, example, search)
        if subject.narrowing(kind) is not None:
            continue
        data = example_inputs(spec, example, torch.float64, search.device)
        found, slopes = _transformed(subject, data, example.reduction)
        compare_worked(comparison, "value under a transform", found, example.expected, example, subject, data)
        if example.refused:
            for name, shown in example.gradients.items():
                told = f"gradient of {name} under a transform"
                compare_worked(comparison, told, slopes[name], shown, example, subject, data)
            continue
        wanted = _slopes(subject, data, example.reduction)
        for name, gradient in wanted.items():
            slack = 1e-9 * (1 + gradient.abs().nan_to_num())
            told = f"worked gradient of {name} under a transform {example.note}".strip()
            comparison.compare(told, slopes[name], gradient, slack, subject, data)
        ahead = {n: torch.linspace(-1, 1, g.numel(), dtype=g.dtype).reshape(g.shape).to(g) for n, g in wanted.items()}
        slope = _along(subject, data, example.reduction, ahead)
        right = sum(((wanted[n] * ahead[n]).sum() for n in wanted), torch.zeros_like(slope))
        slack = 1e-9 * (1 + sum((g.abs().sum() for g in wanted.values()), torch.zeros_like(slope)).nan_to_num())
        told = f"worked slope by dual numbers {example.note}".strip()
        comparison.compare(told, slope, right, slack, subject, data)


def compare_empty(comparison: Comparison, search: Search, subject: Subject, sizes: Sizes) -> None:
    """The mean of an empty batch is 0 with zero gradient, where a loss is defined without samples."""
    if not _defined_without_samples(subject):
        return
    data = empty_batch(subject, sizes, search)
    value, slopes = _transformed(subject, data, "mean")
    for what, found in (("value", value), *((f"gradient of {name}", slope) for name, slope in slopes.items())):
        told = f"{what} of an empty batch under a transform"
        comparison.compare(told, found, torch.zeros_like(found), 1e-12, subject, data)


def compare_empty_compiled(comparison: Comparison, search: Search, subject: Subject, sizes: Sizes) -> None:
    """The same value, compiled: a graph of its own, of which only the tracing can go wrong, so it is not translated further."""
    if not _defined_without_samples(subject):
        return
    data = empty_batch(subject, sizes, search)
    compiled = torch.compile(subject.module("mean"), fullgraph=True, dynamic=True, backend="eager")
    try:
        value = compiled(*[data.get(i.name) for i in subject.spec.inputs])
    except Exception as error:  # what the loss raises comes as it is
        said = str(error).strip().splitlines()[0]
        comparison.refuse(f"compiled, the loss takes no empty batch: {said}", subject, data)
        return
    comparison.compare("value of an empty batch, compiled", value, torch.zeros_like(value), 1e-12, subject, data)


def _defined_without_samples(subject: Subject) -> bool:
    """Whether an empty batch has a mean; what a foreign loss makes of one is for its reductions to say."""
    batch = batch_symbol(subject.spec)
    least = least_at(subject.spec, subject.parameters)
    own = subject.spec.adapter is None and "mean" in subject.spec.reductions()
    return own and bool(batch) and not least.get(batch)


def _slopes(subject: Subject, data: Data, reduction: str) -> dict[str, Tensor]:
    """Gradients as they are, and zeros for real inputs that take none."""
    names = subject.spec.differentiable()
    held = leaves(data, names)
    found = gradients_of(subject.call(held, reduction, data.get(WEIGHT)), held, names)
    return {**found, **{n: torch.zeros_like(data[n]) for n in _moving(subject, data) if n not in found}}


def _moving(subject: Subject, data: Data) -> list[str]:
    """The real inputs that are given."""
    return [i.name for i in subject.spec.inputs if i.dtype == "float" and data.get(i.name) is not None]


def _transformed(subject: Subject, data: Data, reduction: str) -> tuple[Tensor, dict[str, Tensor]]:
    """The value and the gradients of its sum by all real inputs."""

    def total(moving: Data) -> tuple[Tensor, Tensor]:
        value = subject.call({**data, **moving}, reduction, data.get(WEIGHT))
        return value.sum(), value

    slopes, value = torch.func.grad(total, has_aux=True)({name: data[name] for name in _moving(subject, data)})
    return value, slopes


def _along(subject: Subject, data: Data, reduction: str, ahead: Data) -> Tensor:
    """The slope of the value's sum by dual numbers, in a direction of the real inputs."""

    def total(moving: Data) -> Tensor:
        return subject.call({**data, **moving}, reduction, data.get(WEIGHT)).sum()

    slope: Tensor = torch.func.jvp(total, ({name: data[name] for name in ahead},), (ahead,))[1]
    return slope
