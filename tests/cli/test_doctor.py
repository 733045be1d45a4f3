from __future__ import annotations

import importlib.util
import json
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import losskit
from losskit.cli import checkup

from .conftest import PLUGIN, Elsewhere

Invoke = Callable[..., Any]


def test_a_sound_installation_is_healthy(invoke: Invoke) -> None:
    result = invoke("doctor")
    assert result.exit_code == 0
    assert result.stdout.rstrip().endswith("All is well.")
    for name in losskit.names():
        assert re.search(rf"^{name} .* ok$", result.stdout, re.MULTILINE)


def test_json_has_versions_extras_and_plugins(invoke: Invoke) -> None:
    found = json.loads(invoke("doctor", "--json").stdout)
    assert (found["schema_version"], found["healthy"], found["selection"]) == (1, True, "builtin")
    facts = {fact["what"]: fact["found"] for fact in found["environment"]}
    assert facts["losskit"] == losskit.__version__
    assert facts["torch"].startswith("2.")
    assert {"python", "CUDA", "platform"} <= set(facts)
    assert [plugin["loss"] for plugin in found["plugins"]] == list(losskit.names())


def test_a_missing_extra_is_named_and_not_broken(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    present = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "scipy" else present(name))
    result = invoke("doctor")
    assert result.exit_code == 0
    assert re.search(r"^verify +missing: scipy +pip install 'losskit\[verify\]'$", result.stdout, re.MULTILINE)


def test_a_torch_that_cannot_be_imported_is_broken(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    result = invoke("doctor")
    assert result.exit_code == 3
    assert re.search(r"^torch .*ModuleNotFoundError.* broken$", result.stdout, re.MULTILINE)


def test_the_extras_are_those_of_the_project() -> None:
    project = Path(__file__).parents[2] / "pyproject.toml"
    declared = tomllib.loads(project.read_text())["project"]["optional-dependencies"]
    for extra, given in declared.items():
        names = {re.split(r"[^\w-]", text)[0].removesuffix("-gpu") for text in given}
        names = {name for name in names if name != "losskit" and not name.startswith("types-")}
        assert set(checkup.EXTRAS[extra]) == names
    assert set(checkup.EXTRAS) == set(declared)


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("raise RuntimeError('out of order\\nmore')", "RuntimeError: out of order"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import losskit_missing_dependency", "No module named 'losskit_missing_dependency'"),
        (PLUGIN.format(name="another_name"), "returns a spec named 'another_name'"),
        (PLUGIN.format(name="broken_loss").replace('task="regression"', 'task="cooking"'), "LossSpec task: "),
    ],
)
def test_a_broken_plugin_is_explained(foreign: Elsewhere, source: str, cause: str) -> None:
    foreign.install("broken-losses", {"broken_loss": "broken_plugin"}, {"broken_plugin": source})
    run = foreign.run("--plugins", "foreign-losses,broken-losses", "doctor", "--json")
    assert run.returncode == 3
    found = json.loads(run.stdout)
    states = {plugin["loss"]: plugin for plugin in found["plugins"]}
    assert states["foreign_loss"]["state"] == "ok"
    broken = states["broken_loss"]
    assert (broken["state"], broken["distribution"], broken["version"]) == ("broken", "broken-losses", "1.0")
    assert broken["entry_point"] == "broken_plugin"
    assert cause in broken["cause"]
    assert "\n" not in broken["cause"]
    assert "pip uninstall broken-losses" in broken["cure"]


def test_a_collision_names_both_and_how_to_choose(foreign: Elsewhere) -> None:
    foreign.install("other-losses", {"comp_sum": "other"}, {"other": ""})
    run = foreign.run("doctor")
    assert run.returncode == 3
    lines = [line for line in run.stdout.splitlines() if line.startswith("comp_sum ")]
    assert sorted(line.split()[1] for line in lines) == ["losskit", "losskit", "other-losses", "other-losses"]
    assert "pip uninstall other-losses; or choose one: losskit --plugins builtin" in lines[-1]


def test_runtimes_are_listed_with_what_they_need(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOSSKIT_CACHE", str(tmp_path))
    monkeypatch.setenv("LOSSKIT_BROWSER", "no-such-browser")
    states = {entry["name"]: entry for entry in json.loads(invoke("doctor", "--json").stdout)["runtimes"]}
    assert states["ort"]["state"] == states["reference"]["state"] == "ready"
    assert states["libtorch"]["advice"] == "its program is not built; run: losskit doctor --install libtorch"
    assert states["web"]["advice"].startswith("no browser was found; install Chromium or name")


def test_what_a_runtime_needs_is_got_once_and_asked_for_by_name(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOSSKIT_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    result = invoke("doctor", "--install", "libtorch")
    assert result.exit_code == 3
    assert "cmake is not installed; install CMake 3.18 or newer and a C++ compiler" in result.stderr
    assert list(tmp_path.iterdir()) == []
    assert "runtime reference: nothing has to be got for it" in invoke("doctor", "--install", "reference").stderr
