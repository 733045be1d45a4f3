"""Parameters as inputs of a graph: one graph gives the numbers of the loss at every value it is offered for."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from typer.testing import CliRunner

import losskit
from losskit.cli.app import app
from losskit.export.knobs import Knob
from losskit.export.replay import verify
from losskit.spec.errors import ArtifactError, ExportError, LosskitError

SCORES = np.asarray([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0], [0.3, 0.1, -2.0]], np.float32)
TARGET = np.asarray([0, 2, 1])


def session(folder: Path, file: str = "model_with_grad.onnx") -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(folder / file), providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dynamic") / "sweep"
    losskit.export("comp_sum", folder, parameters={"tau": 1.5}, grad=True, dynamic=["tau"], dynamic_grad=True)
    return folder


@pytest.mark.parametrize("tau", [0.25, 0.7, 1.3, 2.0, 6.0])
def test_one_graph_serves_a_sweep(tau: float, sweep: Path) -> None:
    value, slope, of_tau = session(sweep).run(
        None, {"logits": SCORES, "target": TARGET, "tau": np.asarray(tau, np.float32)}
    )
    leaf = torch.from_numpy(SCORES).double().requires_grad_()

    def at(number: float) -> torch.Tensor:
        value: torch.Tensor = losskit.create("comp_sum", tau=number)(leaf, torch.from_numpy(TARGET))
        return value

    expected = at(tau)
    (wanted,) = torch.autograd.grad(expected, leaf)
    np.testing.assert_allclose(value, expected.item(), rtol=2e-6)
    np.testing.assert_allclose(slope, wanted.numpy(), rtol=1e-5, atol=1e-7)
    step = 1e-5
    np.testing.assert_allclose(of_tau, (at(tau + step) - at(tau - step)).item() / (2 * step), rtol=2e-5)


def test_a_folder_says_where_its_graphs_hold_and_verifies(sweep: Path) -> None:
    outcome = verify(sweep)
    assert outcome.ok, outcome.failure
    manifest = losskit.export("comp_sum", sweep, parameters={"tau": 1.5}, dynamic=["tau"], force=True, targets=["onnx"])
    (tau,) = manifest.dynamic
    assert tau.low < 0.5 < 6 < tau.high
    assert tau.apart == (1.0,)
    assert not tau.differentiable


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("dice", "smooth_nr"),
        ("mann_whitney", "temperature"),
        ("huber", "delta"),
        ("hinge", "margin"),
        ("generalized_cross_entropy", "q"),
        ("sigmoid_focal", "alpha"),
    ],
)
def test_parameters_of_several_losses_become_inputs(name: str, parameter: str, tmp_path: Path) -> None:
    assert losskit.get(name).parameters.get(parameter) is not None
    manifest = losskit.export(name, tmp_path / "g", grad=True, dynamic=[parameter], dynamic_grad=True)
    assert [entry.name for entry in manifest.graphs[1].outputs][-1] == f"grad_{parameter}"
    assert set(manifest.omitted) == {"model.ts.pt", "model.pt2"}
    outcome = verify(tmp_path / "g")
    assert outcome.ok, outcome.failure


@pytest.mark.parametrize(
    ("name", "parameters", "dynamic", "sentence"),
    [
        ("comp_sum", {}, "tau", "at tau = 1 the loss takes a form of its own"),
        ("comp_sum", {}, "sigma", "has no parameter 'sigma' to turn into an input; numbers are: tau"),
        ("ldr_k", {}, "k", "only a parameter that is a finite real number can be a graph's input, found k = "),
        ("ens_loss", {}, "lam", "parameter lam cannot be a graph's input|takes a form of its own"),
    ],
)
def test_what_cannot_be_an_input_is_said(
    name: str, parameters: dict[str, float], dynamic: str, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match=sentence):
        losskit.export(name, tmp_path / "g", parameters=parameters, dynamic=[dynamic])
    assert not (tmp_path / "g").exists()


def test_a_manifest_cannot_turn_something_else(sweep: Path, tmp_path: Path) -> None:
    folder = tmp_path / "g"
    losskit.export("comp_sum", folder, parameters={"tau": 1.5}, dynamic=["tau"], targets=["onnx"])
    place = folder / "manifest.json"
    place.write_text(place.read_text().replace('"name": "tau",\n      "low"', '"name": "forward",\n      "low"'))
    with pytest.raises((ExportError, ArtifactError), match="forward"):
        verify(folder)


def test_comparisons_are_answered_for_the_number_and_written_down() -> None:
    asked: list[tuple[str, bool]] = []
    knob: Any = Knob(torch.tensor(2.0), 2.0, asked)
    assert bool(abs(1 - knob) > 0.5)
    assert (3 * knob / 2 == 4) is False
    assert asked == [(">", True), ("==", False)]
    x = torch.tensor([1.0, 4.0])
    assert torch.equal(torch.clamp(knob - x, 0, knob), torch.tensor([1.0, 0.0]))
    assert torch.equal(x**knob, torch.tensor([1.0, 16.0]))
    with pytest.raises(LosskitError, match="the number itself"):
        float(knob)


def test_the_command_takes_several_parameters(tmp_path: Path) -> None:
    folder = tmp_path / "g"
    options = ["--dynamic", "gamma,alpha", "--grad", "--dynamic-grad", "--param", "gamma=1.5", "-o", str(folder)]
    found = CliRunner().invoke(app, ["export", "sigmoid_focal", *options])
    assert found.exit_code == 0, found.output
    assert [entry.name for entry in session(folder).get_inputs()] == ["logits", "target", "gamma", "alpha"]
