from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

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
    invoke("export", "comp_sum", *options.split(), "--without", "extra", "-o", str(tmp_path))
    assert asked == {
        "name": "comp_sum",
        "directory": tmp_path,
        "parameters": {"tau": 2.5},
        "reduction": "sum",
        "grad": True,
        "targets": ("onnx", "torchscript"),
        "force": True,
        "sizes": {"C": 3},
        "ranks": {"*spatial": 3},
        "without": ("extra",),
    }


def test_everything_is_written_to_a_folder_of_its_own_by_default(invoke: Invoke, asked: dict[str, Any]) -> None:
    invoke("export", "dice")
    assert asked["directory"] == Path("losskit-artifacts/dice")
    assert asked["targets"] == ("onnx", "torchscript", "pt2")
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
