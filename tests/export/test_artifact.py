"""What stands in an artifact folder."""

import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnx.reference
import pytest

import losskit
from losskit.export.layout import GRADIENT_COPY
from losskit.export.manifest import Manifest
from losskit.export.replay import verify
from losskit.spec import LossSpec
from losskit.spec.errors import ArtifactError, ExportError, ParameterError, UnknownLossError

ROOT = Path(__file__).resolve().parents[2]
STANDARD = {"", "ai.onnx"}


def read_manifest(folder: Path) -> Manifest:
    return Manifest.model_validate_json((folder / "manifest.json").read_bytes())


def test_the_folder_holds_graphs_programs_vectors_spec_and_manifest(artifact: Path) -> None:
    names = {path.name for path in artifact.iterdir()}
    assert names == {
        "model.onnx", "model_with_grad.onnx", "model.ts.pt", "model.pt2", "spec.json", "manifest.json", "with_grad",
        "test_data_set_0", "test_data_set_1", "test_data_set_2", "test_data_set_3", "test_data_set_4", "data.json",
        "error_set_0", "error_set_1",
    }  # fmt: skip
    assert sorted(p.name for p in (artifact / "test_data_set_1").iterdir()) == [
        "input_0.pb", "input_1.pb", "output_0.pb",
    ]  # fmt: skip


def test_the_manifest_hashes_every_other_file(artifact: Path) -> None:
    manifest = read_manifest(artifact)
    found = {path.relative_to(artifact).as_posix() for path in artifact.rglob("*") if path.is_file()}
    assert set(manifest.files) == found - {"manifest.json"}
    assert {path for path, file in manifest.files.items() if not file.reproducible} == {"model.ts.pt", "model.pt2"}
    assert manifest.parameters == {"tau": 1.5}
    assert manifest.opset == 18


def test_the_spec_can_be_read_back(artifact: Path) -> None:
    assert LossSpec.model_validate_json((artifact / "spec.json").read_bytes()) == losskit.get("comp_sum")


@pytest.mark.parametrize("file", ["model.onnx", "model_with_grad.onnx"])
def test_graphs_bear_the_names_of_the_spec(artifact: Path, file: str) -> None:
    graph = onnx.load(artifact / file).graph
    axes = {e.name: [d.dim_param or d.dim_value for d in e.type.tensor_type.shape.dim] for e in graph.input}
    assert graph.name == "comp_sum"
    assert axes == {"logits": ["B", "C"], "target": ["B"]}
    names = [entry.name for entry in graph.output]
    assert names == (["loss", "grad_logits"] if "grad" in file else ["loss"])
    assert [d.dim_param for d in graph.output[-1].type.tensor_type.shape.dim] == (["B", "C"] if "grad" in file else [])


@pytest.mark.parametrize("file", ["model.onnx", "model_with_grad.onnx"])
def test_graphs_are_standard_and_bare(artifact: Path, file: str) -> None:
    model = onnx.load(artifact / file)
    onnx.checker.check_model(model, full_check=True)
    assert {entry.domain for entry in model.opset_import} == {""}
    assert model.opset_import[0].version == 18
    assert not model.functions
    assert model.producer_name == "losskit"
    assert not any(node.doc_string or node.metadata_props or node.domain for node in model.graph.node)
    said = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(said["losskit.parameters"]) == {"tau": 1.5}
    assert said["losskit.reduction"] == "mean"
    assert LossSpec.model_validate_json(said["losskit.spec"]).name == "comp_sum"


@pytest.mark.parametrize("folder", ["", "with_grad"])
def test_vectors_replay_in_another_runtime_by_the_standard_layout_alone(artifact: Path, folder: str) -> None:
    place = artifact / folder
    session = onnx.reference.ReferenceEvaluator(str(place / "model.onnx"))
    for data_set in sorted(place.glob("test_data_set_*")):
        sides = {}
        for side in ("input", "output"):
            files = sorted(data_set.glob(f"{side}_*.pb"))
            sides[side] = [onnx.numpy_helper.to_array(onnx.load_tensor(str(file))) for file in files]
        found = session.run(None, dict(zip(session.input_names, sides["input"], strict=True)))
        for expected, got in zip(sides["output"], found, strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


def test_the_second_folder_holds_the_gradient_graph(artifact: Path) -> None:
    assert (artifact / GRADIENT_COPY).read_bytes() == (artifact / "model_with_grad.onnx").read_bytes()


def test_stored_sizes_differ_in_every_axis(artifact: Path) -> None:
    sizes = [data_set.sizes for data_set in read_manifest(artifact).graphs[0].data_sets[:3]]
    for axis in ("B", "C"):
        assert len({one[axis] for one in sizes}) == 3


def test_no_path_of_this_machine_is_in_any_byte(artifact: Path) -> None:
    import torch

    places = [ROOT, Path.home(), Path(tempfile.gettempdir()), Path(torch.__file__).parent, Path(sys.prefix)]
    needles = {os.fsencode(place) for place in places if len(place.parts) > 1}
    for path in (file for file in artifact.rglob("*") if file.is_file()):
        for name, content in contents(path):
            for needle in (*needles, b"site-packages", b'.py", line'):
                assert needle not in content, f"{needle!r} in {path.name} {name}"


def contents(path: Path) -> list[tuple[str, bytes]]:
    """A file, and what it holds if it is an archive."""
    content = path.read_bytes()
    if not zipfile.is_zipfile(path):
        return [("", content)]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [("", content), *((name, archive.read(name)) for name in archive.namelist())]


def test_another_process_writes_the_same_bytes(artifact: Path, tmp_path: Path) -> None:
    code = (
        "import losskit, sys\n"
        "losskit.export('comp_sum', sys.argv[1], parameters={'tau': 1.5}, grad=True, targets=['onnx'])"
    )
    folder = tmp_path / "again"
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, env=environment, capture_output=True)
    again = read_manifest(folder).files
    here = {path: file for path, file in read_manifest(artifact).files.items() if file.reproducible}
    assert {path: file.sha256 for path, file in again.items()} == {path: file.sha256 for path, file in here.items()}


def test_an_artifact_verifies_with_its_programs(artifact: Path) -> None:
    outcome = verify(artifact, runtimes=("ort", "torchscript", "pt2"))
    assert outcome.ok
    assert outcome.failure == ""
    assert {result.graph for result in outcome.results} == {
        "model.onnx", "model_with_grad.onnx", "model.ts.pt", "model.pt2",
    }  # fmt: skip
    cases = {result.case for result in outcome.results}
    assert {"test_data_set_0", "one sample", "equal sizes", "huge", "ties"} <= cases


def test_an_artifact_is_replaced_only_on_demand(copied: Path) -> None:
    before = read_manifest(copied)
    with pytest.raises(ArtifactError, match="already holds an artifact"):
        losskit.export("comp_sum", copied, targets=["torchscript"])
    assert read_manifest(copied) == before
    losskit.export("comp_sum", copied, targets=["torchscript"], force=True)
    assert sorted(path.name for path in copied.iterdir()) == ["manifest.json", "model.ts.pt", "spec.json"]
    assert [path.name for path in copied.parent.iterdir()] == [copied.name]


def test_a_folder_with_other_files_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ArtifactError, match="holds other files"):
        losskit.export("comp_sum", tmp_path, force=True)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_what_cannot_be_exported_leaves_nothing_behind(tmp_path: Path) -> None:
    for error, wrong in (
        (UnknownLossError, {"name": "comp_sun"}),
        (ParameterError, {"name": "comp_sum", "parameters": {"tau": -1}}),
        (ExportError, {"name": "comp_sum", "sizes": {"Q": 2}}),
        (ExportError, {"name": "comp_sum", "ranks": {"*spatial": 2}}),
        (ExportError, {"name": "comp_sum", "without": ["target"]}),
        (ExportError, {"name": "comp_sum", "targets": "onnx"}),
        (ExportError, {"name": "comp_sum", "targets": ["tflite"]}),
    ):
        with pytest.raises(error):
            losskit.export(directory=tmp_path / "new", **wrong)
    assert list(tmp_path.iterdir()) == []


def test_programs_alone_are_replayed_only_when_trusted(tmp_path: Path) -> None:
    losskit.export("comp_sum", tmp_path / "a", targets=["torchscript"])
    with pytest.raises(ArtifactError, match="holds no file that ort runs"):
        verify(tmp_path / "a")
    assert verify(tmp_path / "a", runtimes=("ort", "torchscript", "pt2")).ok


def test_infinite_parameters_and_fixed_axes_survive_the_manifest(tmp_path: Path) -> None:
    manifest = losskit.export("ldr_kl", tmp_path / "a", parameters={"lam": float("inf")}, targets=["onnx"])
    assert manifest.parameters["lam"] == "Infinity"
    assert manifest == read_manifest(tmp_path / "a")
    assert verify(tmp_path / "a").ok
    weighted = losskit.export(
        "cross_entropy", tmp_path / "b", parameters={"class_weights": [1.0, 2.0, 3.0, 4.0]}, targets=["onnx"]
    )
    assert weighted.axes.fixed == ("C",)
    assert weighted.graphs[0].inputs[0].shape == ("B", 4)
    assert verify(tmp_path / "b").ok
