"""A thousand plugins are listed in the time of none, and one of them is imported where one is asked for."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import PLUGIN, Elsewhere

COUNT = 1000
RUNS = 4
DESCRIPTION = "\n" + "A line of the long description that distributions carry along.\n" * 100


@pytest.fixture
def crowd(elsewhere: Elsewhere) -> Elsewhere:
    """A thousand plugins: half of them a distribution each, half of them in one."""
    names = [f"crowd_{number:03d}" for number in range(COUNT)]
    modules = {f"{name}_plugin": PLUGIN.format(name=name) for name in names}
    for name in names[: COUNT // 2]:
        elsewhere.install(f"{name}-losses", {name: f"{name}_plugin"}, {})
    elsewhere.install("many-losses", {name: f"{name}_plugin" for name in names[COUNT // 2 :]}, modules)
    for metadata in elsewhere.folder.glob("*.dist-info/METADATA"):
        with metadata.open("a") as file:
            file.write(DESCRIPTION)
    return elsewhere


def seconds(elsewhere: Elsewhere) -> float:
    start = time.perf_counter()
    run = elsewhere.run("list")
    assert run.returncode == 0
    return time.perf_counter() - start


def test_a_thousand_plugins_are_listed_in_half_a_second_more_than_none(crowd: Elsewhere, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    pairs = [(seconds(crowd), seconds(Elsewhere(empty))) for _ in range(RUNS)]  # in turn, on the same machine
    many, none = (min(times) for times in zip(*pairs, strict=True))
    assert many - none < 0.5, f"losskit list took {many:.3f} s with a thousand plugins, {none:.3f} s without"
    assert sum(line.startswith("crowd_") for line in crowd.run("list").stdout.splitlines()) == COUNT


CREATE = """
import sys
import losskit
from losskit.spec.errors import PluginError
try:
    losskit.create({name!r})
except PluginError as error:  # it names a module that is nowhere, which is found out after its spec was read
    print(error)
print(sorted(name for name in sys.modules if name.startswith("crowd_")))
"""


@pytest.mark.parametrize("name", ["crowd_007", "crowd_993"])
def test_creating_one_imports_exactly_one(crowd: Elsewhere, name: str) -> None:
    code = f"import sys; sys.path.insert(0, {str(crowd.folder)!r})\n{CREATE.format(name=name)}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [
        f"{name}: nowhere:Missing cannot be imported: ModuleNotFoundError: No module named 'nowhere'",
        f"['{name}_plugin']",
    ]
