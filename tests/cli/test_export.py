from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from losskit.spec.errors import NotExportableError

from .conftest import Elsewhere

Invoke = Callable[..., Any]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the exporter was asked for."""
    given: dict[str, Any] = {}

    def export(name: str, directory: Path, **options: Any) -> None:
        given.update(name=name, directory=directory, **options)

    monkeypatch.setattr(import_module("losskit.export.artifact"), "export", export)
    monkeypatch.setattr("losskit.cli.export._page", lambda _manifest, _place: [])
    return given


def test_options_reach_the_exporter(invoke: Invoke, asked: dict[str, Any], tmp_path: Path) -> None:
    options = "--param tau=2.5 --reduction sum --to torchscript --to onnx --grad --force --size C=3 --rank spatial=3"
    more = ("--dtype", "float16", "--without", "extra", "-o", str(tmp_path))
    invoke("export", "comp_sum", *options.split(), *more)
    assert asked == {
        "name": "comp_sum",
        "directory": tmp_path,
        "parameters": {"tau": 2.5},
        "reduction": "sum",
        "dynamic": (),
        "dynamic_grad": False,
        "grad": True,
        "gradient_of": "sum",
        "dtype": "float16",
        "targets": ("torchscript", "onnx"),
        "force": True,
        "sizes": {"C": 3},
        "ranks": {"*spatial": 3},
        "without": ("extra",),
    }


def test_everything_is_written_to_a_folder_of_its_own_by_default(invoke: Invoke, asked: dict[str, Any]) -> None:
    invoke("export", "dice")
    assert asked["directory"] == Path("losskit-artifacts/dice")
    assert asked["targets"] is None  # losskit's own
    assert (asked["parameters"], asked["reduction"], asked["grad"], asked["force"]) == ({}, "mean", False, False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--param", "tau=-1"), "losskit: comp_sum: parameter tau must be in [0, inf), found -1.0"),
        (("--param", "tau"), "losskit: comp_sum: a parameter is given as name=value, found 'tau'"),
        (("--param", "rho=1"), "losskit: comp_sum has no parameter 'rho'; its parameters are: tau"),
        (("--size", "C"), "--size takes a name and a whole number"),
        (("--to", "tensorflow"), "--to"),
    ],
)
def test_a_wrong_command_has_status_2(
    invoke: Invoke, asked: dict[str, Any], options: tuple[str, ...], said: str
) -> None:
    result = invoke("export", "comp_sum", *options)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert asked == {}


@pytest.mark.slow
def test_a_loss_from_export_to_replay_to_tampering(elsewhere: Elsewhere) -> None:
    run = elsewhere.run("export", "comp_sum", "--param", "tau=1.5", "--to", "onnx", "--grad", "-o", "graphs", "--json")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert (found["schema_version"], found["directory"]) == (1, "graphs")
    assert found["manifest"]["parameters"] == {"tau": 1.5}

    again = elsewhere.run("export", "comp_sum", "--to", "onnx", "-o", "graphs")
    assert again.returncode == 3
    assert again.stderr.startswith("losskit: graphs ")
    assert again.stderr.count("\n") == 1

    replayed = elsewhere.run("verify", "graphs")
    assert replayed.returncode == 0, replayed.stderr
    assert "All 2 claims of 1 loss stand (replay profile, cpu" in replayed.stdout

    graph = elsewhere.folder / "graphs" / "model.onnx"
    graph.write_bytes(graph.read_bytes() + b"x")
    tampered = elsewhere.run("verify", "graphs", "--json")
    assert tampered.returncode == 1
    (finding,) = json.loads(tampered.stdout)["losses"][0]["findings"]
    assert finding["outcome"] == "refuted"
    assert "model.onnx" in finding["reason"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name one loss, or write all of them with --all"),
        (("mse", "--all"), "name one loss, or write all of them with --all"),
        (
            ("--all", "--param", "tau=1"),
            "--all writes every loss as it is by default, so --param cannot be given with it",
        ),
        (("mse", "--verify-with", "tflite"), "--verify-with"),
        (("mse", "--variants"), "--variants goes with --all; the parameters of one loss are given with --param"),
        (("mse", "--dtype", "bfloat16"), "--dtype"),
    ],
)
def test_one_loss_or_all_of_them(invoke: Invoke, arguments: tuple[str, ...], said: str) -> None:
    result = invoke("export", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", "").split())


def test_a_runtime_that_is_not_ready_stops_before_anything_is_written(
    invoke: Invoke, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOSSKIT_CACHE", str(tmp_path))
    result = invoke("export", "mse", "--verify-with", "libtorch")
    assert result.exit_code == 3
    assert "runtime libtorch: its program is not built; run: losskit doctor --install libtorch" in result.stderr
    assert asked == {}


def test_a_loss_that_cannot_be_exported_has_status_1(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def export(*_: Any, **__: Any) -> None:
        raise NotExportableError("mse cannot be exported: the reason")

    monkeypatch.setattr(import_module("losskit.export.artifact"), "export", export)
    result = invoke("export", "mse")
    assert (result.exit_code, result.stderr) == (1, "losskit: mse cannot be exported: the reason\n")


@pytest.mark.slow
def test_what_was_written_is_replayed_in_another_runtime(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke(
        "export", "mse", "--to", "onnx", "-o", str(tmp_path / "graphs"), "--verify-with", "reference", "--json"
    )
    assert result.exit_code == 0, result.stderr
    (loss,) = json.loads(result.stdout)["replay"]["losses"]
    assert [finding["outcome"] for finding in loss["findings"]] == ["held"]
    assert "onnx.reference" in loss["findings"][0]["claim"]


@pytest.mark.slow
def test_all_losses_are_written_with_an_index(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("losskit.registry.builtin", lambda: ["hinge", "mse"])
    result = invoke("export", "--all", "--to", "onnx", "-o", str(tmp_path), "--jobs", "1")
    assert result.exit_code == 0, result.stderr
    assert f"2 of 2 losses in {tmp_path}" in result.stdout
    assert "[2/2]" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hinge", "index.json", "mse"]


@pytest.mark.slow
def test_all_losses_are_written_at_other_parameters_too(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("losskit.registry.builtin", lambda: ["hinge", "mse"])
    options = ("--variants", "--dtype", "float64", "--to", "onnx", "--jobs", "1")
    result = invoke("export", "--all", *options, "-o", str(tmp_path))
    assert result.exit_code == 0, result.stderr
    assert f"2 of 2 losses, 1 of them at other parameters, too, in {tmp_path}" in " ".join(result.stdout.split())
    index = json.loads((tmp_path / "index.json").read_text())
    assert {name: entry["parameters"] for name, entry in index["losses"].items()} == {
        "hinge": {}, "hinge--other": {"margin": 2.0}, "mse": {},
    }  # fmt: skip
    assert index["dtype"] == "float64"
    assert json.loads((tmp_path / "index.json").read_text())["losses"]["mse"]["graphs"][0]["file"] == "model.onnx"
