"""An artifact that was changed is refused, and one that was changed together with its hashes does not verify."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from losskit.export.folder import digest
from losskit.export.manifest import File, Manifest
from losskit.export.replay import verify
from losskit.spec.errors import ArtifactError, LosskitError


def rewrite_manifest(folder: Path, change: Callable[[Manifest], Manifest]) -> None:
    path = folder / "manifest.json"
    path.write_text(change(Manifest.model_validate_json(path.read_bytes())).model_dump_json())


def rehash(folder: Path, *paths: str) -> None:
    """What a forger would do: make the manifest agree with the changed files."""

    def change(manifest: Manifest) -> Manifest:
        files = dict(manifest.files)
        for path in paths:
            content = (folder / path).read_bytes()
            files[path] = File(sha256=digest(content), bytes=len(content))
        return manifest.model_copy(update={"files": files})

    rewrite_manifest(folder, change)


def change_graph(folder: Path, change: Callable[[onnx.ModelProto], None]) -> None:
    path = folder / "model.onnx"
    model = onnx.load_model_from_string(path.read_bytes())
    change(model)
    path.write_bytes(model.SerializeToString())
    rehash(folder, "model.onnx")


@pytest.mark.parametrize(
    "path", ["model.onnx", "model_with_grad.onnx", "test_data_set_1/output_0.pb", "model.ts.pt", "spec.json"]
)
def test_a_changed_byte_is_refused_by_name(copied: Path, path: str) -> None:
    content = bytearray((copied / path).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / path).write_bytes(content)
    with pytest.raises(ArtifactError, match=path):
        verify(copied)


@pytest.mark.parametrize("path", ["model.onnx", "with_grad/test_data_set_0/input_0.pb"])
def test_a_missing_file_is_named(copied: Path, path: str) -> None:
    (copied / path).unlink()
    with pytest.raises(ArtifactError, match=f"{path} is missing"):
        verify(copied)


def test_a_folder_without_a_manifest_is_no_artifact(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="is no artifact folder"):
        verify(tmp_path)


@pytest.mark.parametrize("content", [b"{}", b"[", b"\xff", b'{"schema_version": 2}'])
def test_a_broken_manifest_is_refused(copied: Path, content: bytes) -> None:
    (copied / "manifest.json").write_bytes(content)
    with pytest.raises(ArtifactError, match="is no manifest of version 1"):
        verify(copied)


def test_a_rehashed_test_vector_does_not_verify(copied: Path) -> None:
    path = copied / "test_data_set_0/output_0.pb"
    path.write_bytes(onnx.numpy_helper.from_array(np.array(0.25, dtype=np.float32), "loss").SerializeToString())
    rehash(copied, "test_data_set_0/output_0.pb")
    outcome = verify(copied)
    assert not outcome.ok
    assert [result.case for result in outcome.results if not result.passed] == ["test_data_set_0"]
    assert "expected 0.25" in outcome.failure


def test_a_rehashed_graph_with_another_constant_does_not_verify(copied: Path) -> None:
    def change(model: onnx.ModelProto) -> None:
        for tensor in model.graph.initializer:
            if tensor.data_type == onnx.TensorProto.FLOAT:
                tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor) * 1.01, tensor.name))

    change_graph(copied, change)
    assert "model.onnx in onnxruntime" in verify(copied).failure


def test_other_parameters_in_the_manifest_do_not_verify(copied: Path) -> None:
    rewrite_manifest(copied, lambda manifest: manifest.model_copy(update={"parameters": {"tau": 1.6}}))
    assert not verify(copied).ok


@pytest.mark.parametrize("path", ["../outside.pb", "/etc/hostname", "a/../../outside.pb", "..\\outside.pb", "C:\\x.pb"])
def test_a_path_out_of_the_folder_is_refused(copied: Path, path: str) -> None:
    (copied.parent / "outside.pb").write_bytes(b"secret")
    outside = {path: File(sha256=digest(b"secret"), bytes=6)}
    rewrite_manifest(copied, lambda manifest: manifest.model_copy(update={"files": {**manifest.files, **outside}}))
    with pytest.raises(ArtifactError, match="expected a file inside"):
        verify(copied)


def test_a_link_out_of_the_folder_is_refused(copied: Path) -> None:
    outside = copied.parent / "outside.onnx"
    outside.write_bytes((copied / "model.onnx").read_bytes())
    (copied / "model.onnx").unlink()
    (copied / "model.onnx").symlink_to(outside)
    with pytest.raises(ArtifactError, match="expected a file inside"):
        verify(copied)


def foreign_domain(model: onnx.ModelProto) -> None:
    model.opset_import.append(onnx.helper.make_opsetid("com.example", 1))


def foreign_node(model: onnx.ModelProto) -> None:
    model.graph.node[0].domain = "com.example"


def unknown_operator(model: onnx.ModelProto) -> None:
    model.graph.node[0].op_type = "Teleport"


def function(model: onnx.ModelProto) -> None:
    node = onnx.helper.make_node("Neg", ["x"], ["y"])
    opsets = [onnx.helper.make_opsetid("", 18)]
    model.functions.append(onnx.helper.make_function("", "Negate", ["x"], ["y"], [node], opsets))


def external_data(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.append(onnx.StringStringEntryProto(key="location", value="/etc/passwd"))


def another_opset(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 17


def too_many_nodes(model: onnx.ModelProto) -> None:
    for _ in range(10_001):
        model.graph.node.add().CopyFrom(model.graph.node[0])


def hidden_graph(model: onnx.ModelProto) -> None:
    attribute = onnx.helper.make_attribute("body", onnx.helper.make_graph([], "hidden", [], []))
    model.graph.node[0].attribute.append(attribute)


def loop(model: onnx.ModelProto) -> None:
    model.graph.node[0].op_type = "Loop"


def dangling(model: onnx.ModelProto) -> None:
    model.graph.node[0].input[0] = "nowhere"


def renamed_input(model: onnx.ModelProto) -> None:
    old = model.graph.input[0].name
    for node in model.graph.node:
        node.input[:] = ["renamed" if name == old else name for name in node.input]
    model.graph.input[0].name = "renamed"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (foreign_domain, "the operator domain 'com.example'"),
        (foreign_node, "the operator com.example."),
        (unknown_operator, "the operator Teleport, which opset 18 does not have"),
        (function, "the function 'Negate'"),
        (external_data, "in another file"),
        (another_opset, "opset 17, expected 18"),
        (too_many_nodes, "nodes, at most 10000 are read"),
        (hidden_graph, "hides a graph"),
        (loop, "the operator Loop"),
        (dangling, "no valid ONNX graph"),
        (renamed_input, "has the inputs renamed, target, expected logits, target"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_rehashed_graph_that_breaks_the_rules_is_refused(
    copied: Path, change: Callable[[onnx.ModelProto], None], sentence: str
) -> None:
    change_graph(copied, change)
    with pytest.raises(ArtifactError) as refused:
        verify(copied)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"no graph at all", b"\x00" * 64])
def test_a_rehashed_file_that_is_no_graph_is_refused(copied: Path, content: bytes) -> None:
    (copied / "model.onnx").write_bytes(content)
    rehash(copied, "model.onnx")
    with pytest.raises(ArtifactError, match=r"model\.onnx"):
        verify(copied)


def test_a_vector_with_external_data_is_refused(copied: Path) -> None:
    path = copied / "test_data_set_0/input_0.pb"
    tensor = onnx.load_tensor(str(path))
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.append(onnx.StringStringEntryProto(key="location", value="../secret"))
    path.write_bytes(tensor.SerializeToString())
    rehash(copied, "test_data_set_0/input_0.pb")
    with pytest.raises(ArtifactError, match="in another file"):
        verify(copied)


def test_every_refusal_is_a_losskit_error(copied: Path) -> None:
    (copied / "model.onnx").write_bytes(b"\x08")
    with pytest.raises(LosskitError):
        verify(copied)
