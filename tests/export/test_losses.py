"""Every registered loss: an artifact that verifies, and graphs that agree at other parameters, too."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import losskit
from losskit.export.compare import compare_graphs
from losskit.export.replay import verify
from losskit.export.results import Replay
from losskit.spec import LossSpec
from losskit.spec.errors import ExportError

SHAPES = {"one sample", "equal sizes", "many samples", "smallest sizes"}


def other_parameters(spec: LossSpec) -> dict[str, Any]:
    """Parameters of the first worked example that differ from the defaults."""
    defaults = {field.name: field.default for field in spec.parameters.fields}
    for example in spec.examples:
        changed = {name: value for name, value in example.parameters.items() if value != defaults[name]}
        if changed:
            return changed
    return {}


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
    reason = spec.narrowing("ExportsONNX")
    if reason is not None and not reason.when:
        with pytest.raises(ExportError, match="cannot be exported"):
            losskit.export(name, tmp_path / "artifact", grad=True)
        return
    manifest = losskit.export(name, tmp_path / "artifact", grad=True)
    check(verify(tmp_path / "artifact", programs=True))
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
