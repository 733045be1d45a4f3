"""The loss under the framework's tools: compile, functional transforms, TorchScript, ONNX, pickling."""

from __future__ import annotations

import copy
import io
import json
import pickle
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.autograd import forward_ad

from losskit.conformance.checks.base import Comparison, first_of_each_setting, gradients_of, leaves, rounding
from losskit.conformance.checks.transformed import compare_empty, compare_empty_compiled, compare_examples
from losskit.conformance.outcome import Result
from losskit.conformance.search.attack import Search, Sizes
from losskit.conformance.search.domains import project
from losskit.conformance.search.inputs import MODERATE, draw
from losskit.conformance.subject import Data, Subject
from losskit.registry import build
from losskit.spec import Claim


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations of the tool are its own business; results are compared
        yield


def _arguments(subject: Subject, data: Data) -> list[Any]:
    return [data.get(i.name) for i in subject.spec.inputs]


def _compare_module(
    comparison: Comparison, what: str, module: Callable[..., Any], subject: Subject, reduction: str, data: Data
) -> None:
    """Value and gradient of another form of the module against the module's own."""
    names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
    held, rest = leaves(data, names), leaves(data, names)
    value, wanted = module(*_arguments(subject, held)), subject.call(rest, reduction)
    allowed = rounding(subject, data, wanted)
    comparison.compare(f"value of the {what} module", value, wanted, allowed, subject, data)
    mine, theirs = gradients_of(value, held, names), gradients_of(wanted, rest, names)
    for name in names:
        slack = 1e-9 * (1 + theirs[name].abs().amax()) if theirs[name].numel() else 1e-9
        comparison.compare(f"gradient of {name} of the {what} module", mine[name], theirs[name], slack, subject, data)


def _batches(subject: Subject, sizes: Sizes, search: Search, purpose: str) -> list[Data]:
    """Batches of two sizes, with the same inputs present, that one graph with symbolic sizes can serve."""
    rng = search.rng(purpose, sorted(sizes.items()))
    first = draw(subject, sizes, 5, rng, MODERATE, ties=0.0)
    for _ in range(50):
        second = draw(subject, sizes, 3, rng, MODERATE, ties=0.0)
        if first.keys() == second.keys() and _one_graph(_extents(first), _extents(second)):
            return [first, second]
    return [first]


def _extents(data: Data) -> list[tuple[int, ...]]:
    return [tuple(value.shape) for value in data.values()]


def _one_graph(first: list[tuple[int, ...]], second: list[tuple[int, ...]]) -> bool:
    """Whether a graph traced at the first sizes may serve the second: a tracer takes a 1 and equal sizes as lasting."""
    if [len(shape) for shape in first] != [len(shape) for shape in second]:
        return False
    pairs = [pair for shapes in zip(first, second, strict=True) for pair in zip(*shapes, strict=True)]
    served: dict[int, int] = {}
    return all((one == 1) == (other == 1) and served.setdefault(one, other) == other for one, other in pairs)


def compiles(claim: Claim, search: Search) -> Result:
    """Compile to one graph with dynamic shapes and compare at two sizes."""
    from torch._dynamo.testing import CompileCounterWithBackend

    comparison = Comparison(claim, search)
    for subject, sizes in first_of_each_setting(claim, search, comparison, 1):  # a compilation costs seconds
        for backend, reduction in search.budget.compilations:
            if reduction not in search.spec.reductions():
                continue
            torch._dynamo.reset()
            counter = CompileCounterWithBackend(backend)
            compiled = torch.compile(subject.module(reduction), fullgraph=True, dynamic=True, backend=counter)
            try:
                with _quiet():
                    for data in _batches(subject, sizes, search, "compile"):
                        _compare_module(comparison, "compiled", compiled, subject, reduction, data)
            except torch._dynamo.exc.TorchDynamoException as error:
                first = str(error).strip().splitlines()[0]
                comparison.refuse(
                    f"torch.compile(fullgraph=True) fails for reduction={reduction}: {first}", subject, {}
                )
                continue
            graphs = sum(any(node.op.startswith("call") for node in graph.graph.nodes) for graph in counter.graphs)
            comparison.expect(graphs == 1, f"compiled to {graphs} graphs with operations", subject, {})
        torch._dynamo.reset()
        with _quiet():
            compare_empty_compiled(comparison, search, subject, sizes)
    torch._dynamo.reset()
    return comparison.result()


def scripts(claim: Claim, search: Search) -> Result:
    """Script, save, load and compare."""
    comparison = Comparison(claim, search)
    adapter = search.spec.adapter
    if adapter is not None and not adapter.scriptable(search.spec.inputs):
        comparison.remarks.append("the adapter is Python that TorchScript does not compile")
        return comparison.result()
    reductions = search.spec.reductions()
    for number, (subject, sizes) in enumerate(first_of_each_setting(claim, search, comparison, search.budget.settings)):
        # each setting is compiled anew; after the first one they take turns at the reductions, which share their code
        for reduction in reductions if not number else (reductions[number % len(reductions)],):
            buffer = io.BytesIO()
            try:
                with _quiet():
                    torch.jit.save(torch.jit.script(subject.module(reduction)), buffer)
                    buffer.seek(0)
                    loaded = torch.jit.load(buffer)
            except Exception as error:  # the scripting compiler raises many kinds
                comparison.refuse(f"torch.jit.script fails: {str(error).strip().splitlines()[0]}", subject, {})
                continue
            for data in _batches(subject, sizes, search, "script"):
                with _quiet():
                    _compare_module(comparison, "scripted", loaded, subject, reduction, data)
    return comparison.result()


def transforms(claim: Claim, search: Search) -> Result:
    """Compare ``torch.func.grad`` and ``vmap`` with autograd and a loop, dual numbers and second slopes with the gradient's."""
    comparison = Comparison(claim, search)
    for subject, sizes in first_of_each_setting(claim, search, comparison, search.budget.settings):
        data = _batches(subject, sizes, search, "transform")[0]
        names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
        module = subject.module("mean")

        def value(
            moving: dict[str, torch.Tensor], data: Data = data, subject: Subject = subject, module: Any = module
        ) -> Any:
            return module(*_arguments(subject, {**data, **moving}))

        held = leaves(data, names)
        wanted = gradients_of(subject.call(held, "mean"), held, names)
        moving = {n: data[n] for n in names}
        doubled = project(subject, {**data, **{n: 2 * v for n, v in moving.items()}})
        stacked = {n: torch.stack([v, doubled[n], v.flip(0)]) for n, v in moving.items()}
        with _quiet():
            found = torch.func.grad(value)(moving)
            values = torch.func.vmap(value)(stacked)
            slopes = torch.func.vmap(torch.func.grad(value))(stacked)
        for name in names:
            comparison.compare(
                f"torch.func.grad for {name}", found[name], wanted[name], 1e-9 * (1 + wanted[name].abs()), subject, data
            )
        ahead = {n: torch.linspace(-1, 1, v.numel(), dtype=v.dtype).reshape(v.shape) for n, v in moving.items()}
        with forward_ad.dual_level():
            along = value({n: forward_ad.make_dual(v, ahead[n]) for n, v in moving.items()})
            slope = forward_ad.unpack_dual(along).tangent
        slope = torch.zeros_like(along) if slope is None else slope
        expected = sum(((wanted[n] * ahead[n]).sum() for n in names), torch.zeros_like(slope))
        slack = 1e-9 * (1 + sum((wanted[n].abs().sum() for n in names), torch.zeros_like(slope)))
        comparison.compare("the slope by dual numbers", slope, expected, slack, subject, data)
        with _quiet():
            _compare_second(comparison, subject, data, value, moving, ahead)
        _compare_batched(comparison, subject, data, wanted)
        for place in range(3):
            single = {n: v[place] for n, v in stacked.items()}
            alone = value(single)
            allowed = rounding(subject, {**data, **single}, alone).amax()
            comparison.compare("torch.func.vmap", values[place], alone, allowed, subject, {**data, **single})
            exact = torch.func.grad(value)(single)
            for name in names:
                slack = 1e-9 * (1 + exact[name].abs().amax())
                comparison.compare(
                    f"vmap of grad for {name}", slopes[name][place], exact[name], slack, subject, {**data, **single}
                )
        with _quiet():
            compare_empty(comparison, search, subject, sizes)
    with _quiet():
        compare_examples(comparison, search, claim.property.kind)
    return comparison.result()


def _compare_batched(comparison: Comparison, subject: Subject, data: Data, wanted: dict[str, torch.Tensor]) -> None:
    """Several gradients at once, as a Jacobian is taken: each is the gradient times its factor."""
    held = leaves(data, tuple(wanted))
    total = subject.call(held, "mean")
    if not total.requires_grad:
        return
    factors = torch.tensor([1.0, -2.0], dtype=total.dtype, device=total.device)
    with _quiet():
        found = torch.autograd.grad(
            total, [held[n] for n in wanted], factors, is_grads_batched=True, allow_unused=True, materialize_grads=True
        )
    for (name, gradient), both in zip(wanted.items(), found, strict=True):
        for factor, single in zip(factors, both, strict=True):
            slack = 1e-9 * (1 + gradient.abs())
            comparison.compare(f"batched gradient of {name}", single, factor * gradient, slack, subject, data)


def _compare_second(
    comparison: Comparison, subject: Subject, data: Data, value: Any, moving: Data, ahead: Data
) -> None:
    """The slope of the gradient along a direction: by backward passes, the loss's own among them, and by transforms."""
    held = leaves(data, tuple(moving))
    gradients = torch.autograd.grad(
        subject.call(held, "mean"),
        [held[n] for n in moving],
        create_graph=True,
        allow_unused=True,
        materialize_grads=True,
    )
    along = sum((g * ahead[n]).sum() for n, g in zip(moving, gradients, strict=True))
    try:
        found = gradients_of(along, held, tuple(moving)) if torch.is_tensor(along) and along.requires_grad else {}
    except RuntimeError as error:  # a backward pass that says it has no derivative is no wrong one
        comparison.remarks.append(f"there is no second derivative: {str(error).splitlines()[0]}")
        return

    def slope(at: dict[str, torch.Tensor]) -> Any:
        return sum((g * ahead[n]).sum() for n, g in torch.func.grad(value)(at).items())

    for name, wanted in torch.func.grad(slope)(moving).items():
        slack = 1e-9 * (1 + wanted.abs().amax()) if wanted.numel() else 1e-9
        second = found.get(name, torch.zeros_like(wanted))
        comparison.compare(f"the second derivative by {name}", second, wanted, slack, subject, data)


def round_trips(claim: Claim, search: Search) -> Result:
    """Restore the loss from a pickle, a copy, a state_dict and its JSON configuration."""
    comparison = Comparison(claim, search)
    for subject, sizes in first_of_each_setting(claim, search, comparison, search.budget.settings):
        data = draw(subject, sizes, 4, search.rng("trips", sorted(sizes.items())), MODERATE)
        module = subject.module("sum")  # not the default, which a lost reduction falls back to
        config = json.loads(json.dumps(module.config()))
        rebuilt = build(search.spec, reduction=config["reduction"], **config["parameters"])
        rebuilt.load_state_dict(module.state_dict())
        restored = {
            "pickle": pickle.loads(pickle.dumps(module)),
            "deepcopy": copy.deepcopy(module),
            "configuration": rebuilt.to(subject.device),
        }
        for way, other in restored.items():
            comparison.expect(repr(other) == repr(module), f"{way} gives {other!r} for {module!r}", subject, data)
            found = other(*_arguments(subject, data))
            comparison.compare(f"value after {way}", found, subject.call(data, "sum"), 1e-300, subject, data)
    return comparison.result()
