"""Losses on an accelerator: the same numbers as on the CPU, and nothing that the host waits for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from losskit.conformance.checks.base import Comparison, declared, gradients_of, leaves, rounding
from losskit.conformance.checks.numerics import value_and_gradients
from losskit.conformance.checks.worked import WEIGHT, at_parameters, example_inputs, examples_of
from losskit.conformance.outcome import Result
from losskit.conformance.search.inputs import MODERATE, draw
from losskit.conformance.search.scope import Search, Sizes
from losskit.conformance.stand_in import THERE, AstrayError, accelerator
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim

ABSENT = "there is no CUDA device here"
NO_KERNEL = "meta"  # in what the framework says of an operator that it has only with values
ROWS = 8


def device_parity(claim: Claim, search: Search) -> Result:
    """Compare CUDA with CPU."""
    comparison = Comparison(claim, search)
    if not torch.cuda.is_available():
        comparison.remarks.append(ABSENT)
        return comparison.result()
    for subject, sizes in declared(claim, search, comparison):
        host, remote = _on(subject, "cpu"), _on(subject, "cuda")
        data = _drawn(host, sizes, search)
        wanted, slopes = value_and_gradients(host, data)
        value, gradients = value_and_gradients(remote, _moved(data, "cuda"))
        allowed = rounding(host, data, wanted).amax()
        comparison.compare("value on CUDA against CPU", value, wanted, allowed, host, data)
        for name, gradient in gradients.items():
            slack = 1e-9 * (1 + slopes[name].abs())
            comparison.compare(f"gradient of {name} on CUDA against CPU", gradient, slopes[name], slack, host, data)
    return comparison.result()


def stays_on_device(claim: Claim, search: Search) -> Result:
    """Let whatever would synchronise host and device raise: on tensors without values, and on CUDA where there is one."""
    comparison = Comparison(claim, search)
    for run in (*_drawn_runs(claim, search, comparison), *_worked_runs(claim, search)):
        _pass_without_values(comparison, run)
        if torch.cuda.is_available():
            _pass_with_alarm(comparison, run)
    return comparison.result()


@dataclass(frozen=True)
class _Run:
    """What is asked for once: a reduction of the loss, on inputs that lie on the CPU."""

    subject: Subject
    reduction: str
    data: Data
    weight: torch.Tensor | None = None

    def on(self, device: str) -> _Run:
        weight = None if self.weight is None else self.weight.to(device)
        return _Run(_on(self.subject, device), self.reduction, _moved(self.data, device), weight)

    def go(self) -> str:
        """Forward and backward; the type of the device that the value lies on."""
        names = tuple(n for n in self.subject.spec.differentiable() if self.data.get(n) is not None)
        held = leaves(self.data, names)
        value = self.subject.call(held, self.reduction, self.weight)
        if value.requires_grad:
            gradients_of(value, held, names)
        return value.device.type


def _drawn_runs(claim: Claim, search: Search, comparison: Comparison) -> Iterator[_Run]:
    """The first setting for every reduction, with weights and without; of the others each takes one in turn."""
    for turn, (subject, sizes) in enumerate(declared(claim, search, comparison)):
        host = _on(subject, "cpu")
        runs = list(_reductions(host, _drawn(host, sizes, search)))
        yield from runs if turn == 0 else runs[turn % len(runs) :][:1]


def _reductions(subject: Subject, data: Data) -> Iterator[_Run]:
    """Reductions whose results have a size that follows from those of the inputs, without weights and with them."""
    spec = subject.spec
    sized = {symbol for entry in spec.inputs for symbol in entry.shape}
    for reduction in spec.reductions():
        if reduction == "none" and not sized.issuperset(spec.output):
            continue  # as many values as the labels say: the host must count them
        yield _Run(subject, reduction, data)
        if spec.weights is not None:
            size = subject.module(reduction).weight_shape({i.name: data.get(i.name) for i in spec.inputs})
            yield _Run(subject, reduction, data, torch.ones(size, dtype=subject.dtype))


def _worked_runs(claim: Claim, search: Search) -> Iterator[_Run]:
    """Worked values whose parameters are lists, which become tensors and which no search draws; one for each choice."""
    seen: set[str] = set()
    for example in examples_of(search.spec):
        if example.refused:
            continue
        subject = _on(at_parameters(search.spec, example, search), "cpu")
        listed = repr([value for value in subject.parameters.values() if isinstance(value, tuple)])
        if listed == "[]" or listed in seen or subject.narrowing(claim.property.kind) is not None:
            continue
        seen.add(listed)
        data = example_inputs(search.spec, example, torch.float64, "cpu")
        data.pop(WEIGHT, None)
        yield from (run for run in _reductions(subject, data) if run.reduction == example.reduction)


def _pass_without_values(comparison: Comparison, run: _Run) -> None:
    """Where the meta device stands for an accelerator."""
    remote = run.on(THERE)
    remote.subject.module(run.reduction)  # building it may copy
    try:
        with accelerator():
            place = remote.go()
    except AstrayError as error:
        comparison.refuse(f"{run.reduction}: {error}", run.subject, {})
    except NotImplementedError as error:
        if NO_KERNEL not in str(error).lower():
            raise
        comparison.remarks.append(f"tensors without values lead no further: {str(error).splitlines()[0]}")
    else:
        comparison.expect(place == THERE, f"{run.reduction}: the value lies on {place}", run.subject, {})


def _pass_with_alarm(comparison: Comparison, run: _Run) -> None:
    """On CUDA, where the framework raises at a synchronisation."""
    remote = run.on("cuda")
    remote.go()  # lazy initialisation may synchronise once
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        place = remote.go()
    except RuntimeError as error:
        comparison.refuse(f"{run.reduction}: the host waits: {str(error).splitlines()[0]}", run.subject, {})
    else:
        comparison.expect(place == "cuda", f"{run.reduction}: the value lies on {place}", run.subject, {})
    finally:
        torch.cuda.set_sync_debug_mode("default")


def _on(subject: Subject, device: str) -> Subject:
    return Subject(subject.spec, subject.parameters, device)


def _drawn(subject: Subject, sizes: Sizes, search: Search) -> Data:
    return draw(subject, sizes, ROWS, search.rng("device", sorted(sizes.items())), MODERATE)


def _moved(data: Data, device: str) -> Data:
    return {n: v.to(device) if torch.is_tensor(v) else v for n, v in data.items()}
