"""Every registered loss: an artifact that verifies, and graphs that agree at other parameters, too."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.exportable import exportable

import losskit
from losskit.export.compare import compare_graphs
from losskit.export.replay import verify
from losskit.export.results import Replay
from losskit.export.variants import other_parameters
from losskit.spec.errors import ExportError

SHAPES = {"one sample", "equal sizes", "many samples", "smallest sizes"}


def settings() -> Iterator[Any]:
    for name in losskit.names():
        parameters = other_parameters(losskit.get(name))
        if parameters:
            yield pytest.param(name, parameters, id=f"{name}-{json.dumps(parameters)}")


def check(outcome: Replay) -> None:
    assert outcome.ok, outcome.failure
    compared = {result.case for result in outcome.results}
    assert len(SHAPES & compared) >= 2
    assert {"ties", "huge"} & compared


@pytest.mark.slow
@pytest.mark.parametrize("name", losskit.names())
def test_a_loss_exports_with_its_gradient_and_verifies(name: str, tmp_path: Path) -> None:
    spec = losskit.get(name)
    parameters = exportable(name)
    if parameters:
        with pytest.raises(ExportError, match="cannot be exported"):
            losskit.export(name, tmp_path / "artifact", grad=True)
    manifest = losskit.export(name, tmp_path / "artifact", parameters=parameters, grad=True)
    check(verify(tmp_path / "artifact", runtimes=("ort", "torchscript", "pt2")))
    inputs = [entry.name for entry in spec.inputs]
    value, both = manifest.graphs
    assert [entry.name for entry in value.inputs] == [entry.name for entry in both.inputs] == inputs
    assert [entry.name for entry in both.outputs] == ["loss", *(f"grad_{n}" for n in spec.differentiable())]
    assert ("model.ts.pt" in manifest.omitted) == (spec.narrowing("Scripts") is not None)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "parameters"), list(settings()))
def test_a_loss_agrees_at_other_parameters(name: str, parameters: dict[str, Any]) -> None:
    check(compare_graphs(losskit.get(name), parameters))


@pytest.mark.slow
@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_a_loss_agrees_at_every_reduction(reduction: str) -> None:
    outcome = compare_graphs(losskit.get("comp_sum"), {"tau": 0.5}, reduction=reduction)
    check(outcome)
    assert outcome.cases == 18


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options", "shape"),
    [
        ("dice", {"parameters": {"include_background": False}, "reduction": "none"}, ("B", "C - 1")),
        ("mann_whitney", {"parameters": {"temperature": 1.0}, "reduction": "none"}, ("P",)),
        ("linear_cross_entropy", {"parameters": {"shift": 1}}, ()),
        ("linear_cross_entropy", {"without": ["bias"], "ranks": {"*N": 1}}, ()),
        ("mann_whitney", {"without": ["target"]}, ()),
    ],
)
def test_a_value_of_another_shape_is_declared_in_the_specs_symbols(
    name: str, options: dict[str, Any], shape: tuple[str, ...], tmp_path: Path
) -> None:
    manifest = losskit.export(name, tmp_path / "artifact", **options)
    assert manifest.graphs[0].outputs[0].shape == shape
    assert verify(tmp_path / "artifact", runtimes=("ort", "torchscript", "pt2")).ok


def test_a_program_may_refuse_shorter_axes_and_never_gives_a_wrong_number(tmp_path: Path) -> None:
    losskit.export("linear_cross_entropy", tmp_path / "artifact", parameters={"shift": 1}, targets=["pt2"])
    refused = [
        result
        for result in verify(tmp_path / "artifact", runtimes=("ort", "torchscript", "pt2")).results
        if result.reason
    ]
    assert {result.case for result in refused} <= {"one sample", "smallest sizes", "equal sizes"}
    assert all("Guard failed" in result.reason for result in refused)
