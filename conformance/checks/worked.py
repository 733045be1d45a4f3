"""The loss against its worked values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from losskit.conformance.checks.base import Comparison, gradients_of, leaves
from losskit.conformance.checks.inputs import shortcoming
from losskit.conformance.outcome import Result
from losskit.conformance.search.scope import Search
from losskit.conformance.subject import Data, Subject
from losskit.plugins.debug import unread
from losskit.spec import Claim, Example, LossSpec

WEIGHT = "sample_weight"


def examples_of(spec: LossSpec) -> Iterator[Example]:
    """Worked values, those of edge cases last."""
    yield from spec.examples
    for case in spec.edge_cases:
        yield from case.examples


def example_inputs(spec: LossSpec, example: Example, dtype: torch.dtype, device: str) -> Data:
    """The inputs of a worked example as tensors."""
    data: Data = {}
    for name, value in example.inputs.items():
        entry = spec.input(name)
        integer = entry is not None and entry.dtype == "int64" and not (example.refused and _holds_fraction(value))
        data[name] = torch.tensor(_numbers(value), dtype=torch.int64 if integer else dtype, device=device)
    if example.sample_weight is not None:
        data[WEIGHT] = torch.tensor(_numbers(example.sample_weight), dtype=dtype, device=device)
    return data


def _holds_fraction(value: Any) -> bool:
    """Whether a list holds a float, which is what a refused class id may be refused for."""
    return any(map(_holds_fraction, value)) if isinstance(value, list) else isinstance(value, float)


def _numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [_numbers(v) for v in value]
    return float(value) if isinstance(value, str) else value  # infinities are strings in JSON


def worked_examples(claim: Claim, search: Search) -> Result:
    """Compute every worked value and every edge case that is shown as one."""
    comparison = Comparison(claim, search)
    spec = search.spec
    if (spec.adapter is not None or spec.parts) and not spec.examples:
        comparison.remarks.append("the spec shows no worked value")
    for example in examples_of(spec):
        if example.refused:
            _expect_refusal(comparison, spec, example, search)
            continue
        data = example_inputs(spec, example, torch.float64, search.device)
        subject = at_parameters(spec, example, search)
        _compare_shown(comparison, "", example, subject, data)
        with unread():
            _compare_shown(comparison, " as on an accelerator", example, subject, data)
    return comparison.result()


def _compare_shown(comparison: Comparison, where: str, example: Example, subject: Subject, data: Data) -> None:
    """The value and the gradients that an example shows."""
    names = tuple(example.gradients)
    held = leaves(data, names)
    found = subject.call(held, example.reduction, held.get(WEIGHT))
    compare_worked(comparison, f"value{where}", found, example.expected, example, subject, data)
    for name, gradient in gradients_of(found, held, names).items() if names else ():
        shown = example.gradients[name]
        compare_worked(comparison, f"gradient of {name}{where}", gradient, shown, example, subject, data)


def at_parameters(spec: LossSpec, example: Example, search: Search) -> Subject:
    """The loss with the parameters of an example."""
    return Subject(spec, {k: _parameter(v) for k, v in example.parameters.items()}, search.device)


def compare_worked(
    comparison: Comparison, what: str, found: Tensor, shown: Any, example: Example, subject: Subject, data: Data
) -> None:
    """Compare relatively: a value near 0 has its digits, too; where it is 0, next to nothing is left of the inputs."""
    wanted = torch.tensor(_numbers(shown), dtype=torch.float64)
    wanted = wanted.reshape(found.shape) if wanted.numel() == found.numel() == 0 else wanted
    allowed = torch.where(wanted == 0, 1e-15, 1e-9 * wanted.abs())
    comparison.compare(f"worked {what} {example.note}".strip(), found, wanted, allowed, subject, data)


def _parameter(value: Any) -> Any:
    return float(value) if value in ("Infinity", "-Infinity") else value


def _misplaced(error: Exception, example: Example) -> str:
    """What a refusal says wrong about the place, in words."""
    if example.index is None:
        return ""
    place = tuple(example.index) if isinstance(example.index, list) else example.index
    said = str(error)
    return "" if said.endswith(f"at index {place}") else f"the refusal does not name the index {place}: {said}"


def _expect_refusal(comparison: Comparison, spec: LossSpec, example: Example, search: Search) -> None:
    """On the CPU wherever the search is: an accelerator's values are not read."""
    data = example_inputs(spec, example, torch.float64, "cpu")
    fallback = Subject(spec, {})
    try:
        at_parameters(spec, example, replace(search, device="cpu")).call(data, example.reduction, data.get(WEIGHT))
    except Exception as error:
        amiss = shortcoming(error, example.refused) or _misplaced(error, example)
        comparison.expect(not amiss, f"{example.refused}: {amiss}", fallback, data)
        return
    comparison.expect(False, f"{example.refused} was accepted and should have been refused", fallback, data)
