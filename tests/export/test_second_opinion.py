"""Two writers of graphs, our lowering and the framework's exporter, and what they say of every registered loss."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from tests.exportable import exportable

import losskit
from losskit.export.cases import fresh_cases, make_case
from losskit.export.graphs import framework_graph, lowered_graph, write_graph
from losskit.export.running import run_cases
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.export.subject import Subject, prepare
from losskit.export.tolerance import Tolerance, deviation
from losskit.spec.errors import ExportError

# what the framework's exporter has no translation for; those losses have one writer, and every runtime replays its graphs
UNTRANSLATED = {"ens_loss": "aten.sort", "profit_aware_bce": "aten.sort"}
GUARDS = 12  # nodes that keep NaN alive in extrema, three each, where the framework's graphs let runtimes lose it


def settings() -> Iterator[Any]:
    """Each loss with the parameters of the first of its worked examples that changes some, else as it comes."""
    for name in losskit.names():
        spec = losskit.get(name)
        narrowed = spec.narrowing("ExportsONNX")
        if name in UNTRANSLATED or (narrowed is not None and not narrowed.when):
            continue
        defaults = {field.name: field.default for field in spec.parameters.fields}
        changed = [e.parameters for e in spec.examples if any(v != defaults[k] for k, v in e.parameters.items())]
        parameters = dict(changed[0]) if changed else {}
        yield pytest.param(name, parameters, id=f"{name}-{json.dumps(parameters, default=str)}")


def nodes(content: bytes) -> int:
    return len(onnx.load_model_from_string(content).graph.node)


def writer(content: bytes) -> str:
    model = onnx.load_model_from_string(content)
    return str({entry.key: entry.value for entry in model.metadata_props}["losskit.writer"])


def check_agreement(subject: Subject) -> None:
    """The graphs of value and gradient: one that goes wrong in the value does so in these."""
    ours, theirs = lowered_graph(subject, gradient=True), framework_graph(subject, gradient=True)
    cases = [make_case(subject, "traced shape", subject.axes.traced, "ordinary", 0), *fresh_cases(subject, 0)]
    runtime, tolerance = OnnxRuntime(), Tolerance()
    for content in (ours, theirs):
        for result in run_cases("graph", content, runtime, subject.axes, cases, tolerance, gradient=True):
            assert result.passed, f"{writer(content)}: {result.case}: {result.reason}"
    assert nodes(ours) <= nodes(theirs) + GUARDS


@pytest.mark.slow
@pytest.mark.parametrize(("name", "parameters"), list(settings()))
def test_both_writers_agree_with_the_module_and_ours_is_no_longer(name: str, parameters: dict[str, Any]) -> None:
    check_agreement(prepare(losskit.get(name), parameters))


@pytest.mark.parametrize(("name", "operator"), UNTRANSLATED.items())
def test_what_the_framework_cannot_translate_is_named(name: str, operator: str) -> None:
    with pytest.raises(ExportError, match=f"No ONNX function found for .*{operator}"):
        framework_graph(prepare(losskit.get(name), {}), gradient=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", losskit.names())
def test_the_standards_own_evaluator_agrees(name: str) -> None:
    subject = prepare(losskit.get(name), exportable(name))
    case = make_case(subject, "smaller", subject.axes.stored()[2], "ordinary", 3)
    content = write_graph(subject, gradient=True)
    with np.errstate(all="ignore"):
        found = ReferenceEvaluator(content).run(None, case.inputs)
    named = {key: np.asarray(value) for key, value in zip(case.expected, found, strict=True)}
    assert deviation(case.expected, case.rounding, named, Tolerance()).worst <= 1


@pytest.mark.parametrize("name", losskit.names())
def test_no_built_in_loss_falls_back(name: str) -> None:
    assert writer(write_graph(prepare(losskit.get(name), exportable(name)), gradient=True)) == "losskit"
