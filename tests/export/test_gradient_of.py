"""Graphs whose gradient is taken of the mean of the values, or of their sum weighted by the gradient from behind."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from typer.testing import CliRunner

import losskit
from losskit.cli.app import app
from losskit.export.axes import GradientOf
from losskit.export.compare import compare_graphs
from losskit.export.replay import verify
from losskit.spec.errors import ArtifactError, ExportError


@pytest.mark.parametrize("gradient_of", ["mean", "weighted"])
@pytest.mark.parametrize(
    ("name", "reduction"),
    [("comp_sum", "none"), ("cross_entropy", "mean"), ("dice", "none"), ("huber", "none"), ("binary_dice", "none")],
)
def test_a_graph_gives_the_gradient_that_autograd_gives(name: str, reduction: str, gradient_of: GradientOf) -> None:
    outcome = compare_graphs(losskit.get(name), reduction=reduction, gradient_of=gradient_of)
    assert outcome.ok, outcome.failure


def session(folder: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(folder / "model_with_grad.onnx"), providers=["CPUExecutionProvider"])


def test_a_weighted_graph_is_one_step_of_a_larger_backward_pass(tmp_path: Path) -> None:
    losskit.export("comp_sum", tmp_path / "g", reduction="none", grad=True, gradient_of="weighted")
    draw = torch.Generator().manual_seed(0)
    scores, target = torch.randn(7, 4, generator=draw), torch.randint(4, (7,), generator=draw)
    graph = session(tmp_path / "g")
    assert [entry.name for entry in graph.get_inputs()] == ["logits", "target", "grad_output"]
    given = {"logits": scores.numpy(), "target": target.numpy()}
    values, _ = graph.run(None, {**given, "grad_output": np.zeros(7, np.float32)})
    behind = np.exp(values) / np.exp(values).sum()  # the slope of the logarithm of the sum of exponentials
    _, slope = graph.run(None, {**given, "grad_output": behind})
    leaf = scores.clone().requires_grad_()
    losskit.create("comp_sum", reduction="none")(leaf, target).logsumexp(0).backward()
    assert leaf.grad is not None
    np.testing.assert_allclose(slope, leaf.grad.numpy(), rtol=1e-5, atol=1e-7)


def test_the_gradient_of_the_mean_is_that_of_the_sum_over_their_number(tmp_path: Path) -> None:
    given = {"logits": np.asarray([[1, 2, 0], [0, -1, 3]], np.float32), "target": np.asarray([0, 2])}
    slopes = {}
    kinds: tuple[GradientOf, ...] = ("sum", "mean")
    for of in kinds:
        losskit.export("cross_entropy", tmp_path / of, reduction="none", grad=True, gradient_of=of, targets=["onnx"])
        slopes[of] = session(tmp_path / of).run(None, given)[1]
    np.testing.assert_allclose(slopes["mean"], slopes["sum"] / 2, rtol=1e-6)


def test_a_folder_says_what_its_gradient_is_of_and_is_held_to_it(tmp_path: Path) -> None:
    folder = tmp_path / "g"
    manifest = losskit.export("hinge", folder, reduction="none", grad=True, gradient_of="weighted")
    assert [graph.gradient_of for graph in manifest.graphs] == ["sum", "weighted"]
    assert verify(folder, runtimes=("ort", "torchscript", "pt2")).ok
    place = folder / "manifest.json"
    place.write_text(place.read_text().replace('"weighted"', '"mean"'))
    with pytest.raises(ArtifactError, match="has the inputs logits, target, grad_output, expected logits, target"):
        verify(folder)


def test_values_whose_number_depends_on_the_data_cannot_be_weighted(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="take reduction mean or sum"):
        losskit.export("mann_whitney", tmp_path / "g", reduction="none", grad=True, gradient_of="weighted")
    assert not (tmp_path / "g").exists()


def test_the_command_writes_a_weighted_graph_without_a_second_option(tmp_path: Path) -> None:
    folder = tmp_path / "g"
    found = CliRunner().invoke(
        app, ["export", "mse", "--reduction", "none", "--grad-of", "weighted", "-o", str(folder)]
    )
    assert found.exit_code == 0, found.output
    assert "grad_output" in [entry.name for entry in session(folder).get_inputs()]
    refused = CliRunner().invoke(app, ["export", "--all", "--grad-of", "mean", "-o", str(tmp_path / "all")])
    assert refused.exit_code == 2
    assert "--grad-of cannot be given with it" in refused.output
