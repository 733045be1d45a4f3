"""Composites and wrapped functions as graphs."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest
import torch

import losskit
from losskit.conformance import verify
from losskit.export.replay import verify as replay
from losskit.registry import load
from losskit.spec.errors import ExportError, UnknownLossError
from losskit.spec.tensors import elements

COMPOSITE = losskit.compose({"cross_entropy": 0.5, "brier": 0.25})
PLACE = f"{__name__}:COMPOSITE"


def test_a_composite_is_written_and_replayed(tmp_path: Path) -> None:
    manifest = losskit.export(COMPOSITE, tmp_path / "out", grad=True)
    assert manifest.loss == "cross_entropy_plus_brier"
    assert {"model.onnx", "model_with_grad.onnx", "model.ts.pt", "model.pt2"} <= manifest.files.keys()
    assert replay(tmp_path / "out").ok


def test_weights_are_inputs_of_a_graph(tmp_path: Path) -> None:
    losskit.export(COMPOSITE, tmp_path / "out", dynamic=["weight_cross_entropy", "weight_brier"], targets=["onnx"])
    session = onnxruntime.InferenceSession(tmp_path / "out" / "model.onnx", providers=["CPUExecutionProvider"])
    logits, target = torch.randn(4, 3), torch.tensor([0, 1, 2, 1])
    for first, second in ((0.5, 0.25), (1.0, 3.0)):
        given = {
            "logits": logits.numpy(),
            "target": target.numpy(),
            "weight_cross_entropy": torch.tensor(first).numpy(),
            "weight_brier": torch.tensor(second).numpy(),
        }
        wanted = losskit.compose({"cross_entropy": first, "brier": second})(logits, target)
        torch.testing.assert_close(torch.tensor(session.run(None, given)[0]), wanted)


def test_a_place_may_hold_a_composite(tmp_path: Path) -> None:
    (spec,) = load(PLACE)
    assert spec.place == PLACE
    losskit.export(PLACE, tmp_path / "out", targets=["onnx"])
    assert replay(tmp_path / "out").ok
    report = verify(PLACE, device="cpu", only=["Reduces"], jobs=1)  # a process of its own builds it anew
    assert [finding.outcome for finding in report.losses[0].findings] == ["held"]


def test_a_folder_names_no_code_to_run(tmp_path: Path) -> None:
    def twice(input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return 2 * (input - target).abs()

    loss = losskit.wrap(twice, inputs=elements(), output=("*N",))
    losskit.export(loss, tmp_path / "out", targets=["onnx"])
    with pytest.raises(UnknownLossError, match="twice"):
        replay(tmp_path / "out")


def test_several_losses_are_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="is 13 losses"):
        losskit.export("examples.foreign.torch_nn:SPECS", tmp_path / "out")
