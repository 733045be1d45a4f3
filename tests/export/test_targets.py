"""Targets and runtimes of extensions: compared before they are written, replayed afterwards, and kept in their place."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import losskit
from losskit import registry
from losskit.export.replay import verify
from losskit.spec.errors import ExportError

EXTENSION = """
from losskit.spec import ExportTarget, GraphRuntime, hookimpl


@hookimpl
def losskit_export_targets():
    def target(name, file):
        return ExportTarget(name, "for a test", file, write=f"twins:{name}", check="twins:make" * (name in ("twin", "wrong")))
    files = {"twin": "twin.bin", "wrong": "wrong.bin", "outside": "../x", "spec": "spec.json", "clash": "model.onnx"}
    return [target(name, file) for name, file in {**files, "fails": "f", "text": "t", "none": "n", "less": "l"}.items()]


@hookimpl
def losskit_runtimes():
    return [
        GraphRuntime("twin-runner", "for a test", runs="twin", make="twins:make"),
        GraphRuntime("lost-runner", "for a test", runs="nothing", make="twins:make"),
        GraphRuntime("never-ready", "for a test", runs="onnx", make="twins:make", advice="twins:advice"),
    ]


def make(axes, device):
    from losskit.export.runtimes.onnxruntime import OnnxRuntime

    return OnnxRuntime(device)


def advice():
    return "it needs a longer cable"


def twin(order):
    from losskit.export.graphs import write_graph
    from losskit.export.targets import Written

    return Written({"twin.bin": write_graph(order.subject, gradient=False)})


def wrong(order):
    from losskit import get
    from losskit.export.graphs import write_graph
    from losskit.export.subject import prepare
    from losskit.export.targets import Written

    return Written({"wrong.bin": write_graph(prepare(get("mae")), gradient=False)})


def _plain(path):
    def write(order):
        from losskit.export.targets import Written

        return Written({path: b"content"})

    return write


outside, spec, clash, less = _plain("../x"), _plain("spec.json"), _plain("model.onnx"), _plain("more")


def fails(order):
    raise KeyError("lost")


def text(order):
    from losskit.export.targets import Written

    return Written({"t": "text"})


def none(order):
    return None
"""


@pytest.fixture(autouse=True)
def twins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An extension with targets, most of them bad, and runtimes."""
    place = tmp_path / "site"
    info = place / "twins-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: twins\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[losskit.extensions]\ntwins = twins\n")
    (place / "twins.py").write_text(EXTENSION)
    monkeypatch.syspath_prepend(str(place))
    importlib.invalidate_caches()
    registry.forget()
    yield
    sys.modules.pop("twins", None)
    monkeypatch.undo()
    registry.forget()


def test_a_file_of_an_extension_is_compared_written_and_replayed(tmp_path: Path) -> None:
    manifest = losskit.export("mse", tmp_path / "graphs", targets=["twin"])
    assert set(manifest.files) == {"twin.bin", "spec.json"}
    assert not [note for note in manifest.notes if "not compared" in note]
    replay = verify(tmp_path / "graphs", runtimes=["twin-runner"])
    assert replay.ok, replay.failure
    assert {result.graph for result in replay.results} == {"twin.bin"}


def test_a_file_that_computes_another_loss_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"wrong\.bin"):
        losskit.export("mse", tmp_path / "graphs", targets=["wrong"])
    assert not (tmp_path / "graphs").exists()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("outside", "writes '../x', expected a file of its own inside the folder"),
        ("spec", "writes 'spec.json', expected a file of its own"),
        ("fails", "fails: KeyError: 'lost'"),
        ("text", "gives t as str, expected bytes"),
        ("none", "returns NoneType, expected Written"),
        ("less", "neither writes l nor says why it is omitted"),
    ],
)
def test_a_target_that_misbehaves_is_named_and_writes_nothing(tmp_path: Path, target: str, said: str) -> None:
    with pytest.raises(ExportError) as caught:
        losskit.export("mse", tmp_path / "graphs", targets=[target])
    assert said in str(caught.value)
    assert f"the export target {target} of twins 1.0 (twins)" in str(caught.value)
    assert not (tmp_path / "graphs").exists()


def test_two_targets_do_not_write_one_file(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"onnx and clash both write model\.onnx"):
        losskit.export("mse", tmp_path / "graphs", targets=["clash", "onnx"])


def test_what_is_written_where_nothing_is_asked_for_is_losskit_s_own(tmp_path: Path) -> None:
    from losskit.export.targets import choose

    assert [offer.record.name for offer in choose(None)] == ["onnx", "torchscript", "pt2"]
    assert {"twin", "onnx"} < {offer.record.name for offer in choose(["all"])}
    with pytest.raises(ExportError, match=r"there is no export target 'twn'; did you mean twin"):
        choose(["twn"])


def test_a_runtime_that_is_not_ready_or_runs_nothing_says_so(tmp_path: Path) -> None:
    losskit.export("mse", tmp_path / "graphs", targets=["onnx"])
    with pytest.raises(ExportError, match="runtime never-ready: it needs a longer cable"):
        verify(tmp_path / "graphs", runtimes=["never-ready"])
    with pytest.raises(ExportError, match=r"lost-runner of twins .* runs files of the export target 'nothing'"):
        verify(tmp_path / "graphs", runtimes=["lost-runner"])
