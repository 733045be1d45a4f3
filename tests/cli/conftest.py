"""The command line in this process and in one of its own, and distributions made for one test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, CompletedProcess
from typing import Any

import pytest
from typer.testing import CliRunner

from losskit import registry
from losskit.cli.app import app

PROGRAM = "from losskit.cli import main; main()"
Invoke = Callable[..., Any]

PLUGIN = '''"""A loss from elsewhere, for tests.

More about it.
"""

from losskit.spec import LossSpec, Parameters, hookimpl
from losskit.spec.properties import NonNegative
from losskit.spec.tensors import logits


class Nothing(Parameters):
    """No parameters."""


SPEC = LossSpec(
    name={name!r}, title="Foreign", task="regression", summary="s", formula="f", parameters=Nothing,
    inputs=(logits("B"),), output=("B",), claims=(NonNegative().holds(),), references=("ghosh2017robust",),
    module="nowhere:Missing", oracle="nowhere:nothing", coupling="set",
)


@hookimpl
def losskit_loss():
    return SPEC
'''


@dataclass
class Elsewhere:
    """A folder of distributions and a program that sees them."""

    folder: Path

    def install(
        self, distribution: str, points: Mapping[str, str], modules: Mapping[str, str], group: str = registry.GROUP
    ) -> None:
        """Write metadata with entry points (loss to module) and modules (name to source)."""
        info = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        lines = [f"[{group}]", *(f"{name} = {module}" for name, module in points.items())]
        (info / "entry_points.txt").write_text("\n".join(lines))
        for name, source in modules.items():
            (self.folder / f"{name}.py").parent.mkdir(exist_ok=True)
            (self.folder / f"{name}.py").write_text(source)

    @property
    def path(self) -> str:
        """Where its process looks for modules: in the folder first."""
        return os.pathsep.join(filter(None, (str(self.folder), os.environ.get("PYTHONPATH"))))

    def run(self, *arguments: str, stdout: Any = PIPE, **environment: str) -> CompletedProcess[str]:
        """Run `losskit` as a process of its own."""
        command = [sys.executable, "-c", PROGRAM, *arguments]
        given = {**os.environ, "PYTHONPATH": self.path, **environment}
        return subprocess.run(
            command, stdout=stdout, stderr=PIPE, text=True, env=given, cwd=self.folder, check=False, timeout=300
        )


@pytest.fixture
def elsewhere(tmp_path: Path) -> Elsewhere:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return Elsewhere(folder)


@pytest.fixture
def foreign(elsewhere: Elsewhere) -> Elsewhere:
    """One good loss, ``foreign_loss`` of ``foreign-losses``; its module writes a file when it is imported."""
    source = PLUGIN.format(name="foreign_loss") + "\nimport pathlib\npathlib.Path('imported').touch()\n"
    elsewhere.install("foreign-losses", {"foreign_loss": "foreign_plugin"}, {"foreign_plugin": source})
    return elsewhere


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Iterator[Invoke]:
    """Run `losskit` in this process with the built-in losses."""
    monkeypatch.setenv(registry.VARIABLE, "builtin")

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, list(arguments), prog_name="losskit")

    yield run
    registry.forget()
