"""The loss under the framework's tools: compile, TorchScript, pickling."""

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

from losskit.conformance.checks.base import Comparison, first_of_each_setting, gradients_of, leaves, rounding
from losskit.conformance.checks.unread import compare_empty_compiled
from losskit.conformance.checks.worked import at_parameters, example_inputs, examples_of
from losskit.conformance.outcome import Result
from losskit.conformance.search.inputs import MODERATE, draw
from losskit.conformance.search.scope import Search, Sizes
from losskit.conformance.subject import Data, Subject
from losskit.registry import build
from losskit.spec import Claim

TIED = 24  # rows, so that ties come at every place of an order


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings within."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations of the tool are its own business; results are compared
        yield


def arguments(subject: Subject, data: Data) -> list[Any]:
    """Inputs in their order, None for those that are left out."""
    return [data.get(i.name) for i in subject.spec.inputs]


def _compare_module(
    comparison: Comparison, what: str, module: Callable[..., Any], subject: Subject, reduction: str, data: Data
) -> None:
    """Value and gradient of another form of the module against the module's own."""
    names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
    held, rest = leaves(data, names), leaves(data, names)
    value, wanted = module(*arguments(subject, held)), subject.call(rest, reduction)
    allowed = rounding(subject, data, wanted)
    comparison.compare(f"value of the {what} module", value, wanted, allowed, subject, data)
    mine, theirs = gradients_of(value, held, names), gradients_of(wanted, rest, names)
    for name in names:
        slack = 1e-9 * (1 + theirs[name].abs().amax()) if theirs[name].numel() else 1e-9
        comparison.compare(f"gradient of {name} of the {what} module", mine[name], theirs[name], slack, subject, data)


def _compare_value(
    comparison: Comparison, what: str, module: Callable[..., Any], subject: Subject, reduction: str, data: Data
) -> None:
    """The value of another form of the module against the module's own."""
    value, wanted = module(*arguments(subject, data)), subject.call(data, reduction)
    allowed = rounding(subject, data, wanted)
    comparison.compare(f"value of the {what} module", value, wanted, allowed, subject, data)


def batches(subject: Subject, sizes: Sizes, search: Search, purpose: str) -> list[Data]:
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
                with quiet():
                    for data in batches(subject, sizes, search, "compile"):
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
        with quiet():
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
                with quiet():
                    torch.jit.save(torch.jit.script(subject.module(reduction)), buffer)
                    buffer.seek(0)
                    loaded = torch.jit.load(buffer)
            except Exception as error:  # the scripting compiler raises many kinds
                comparison.refuse(f"torch.jit.script fails: {str(error).strip().splitlines()[0]}", subject, {})
                continue
            with quiet():
                for data in batches(subject, sizes, search, "script"):
                    _compare_module(comparison, "scripted", loaded, subject, reduction, data)
                for data in _telling(subject, sizes, search, reduction):
                    _compare_value(comparison, "scripted", loaded, subject, reduction, data)
    return comparison.result()


def _telling(subject: Subject, sizes: Sizes, search: Search, reduction: str) -> Iterator[Data]:
    """Inputs at which forms may part that agree elsewhere: equal scores and exact margins, and what the spec shows.

    Slopes are left out, for at a kink each form may have its own.
    """
    yield draw(subject, sizes, TIED, search.rng("ties", sorted(sizes.items())), MODERATE, ties=1.0)
    for example in examples_of(subject.spec):
        if example.refused or example.reduction != reduction or example.sample_weight is not None:
            continue
        if at_parameters(subject.spec, example, search).parameters == subject.parameters:
            yield example_inputs(subject.spec, example, subject.dtype, str(subject.device))


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
            found = other(*arguments(subject, data))
            comparison.compare(f"value after {way}", found, subject.call(data, "sum"), 1e-300, subject, data)
    return comparison.result()
