"""Completion: what a shell is told, by its own protocol and in a real bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from losskit import names
from losskit.cli import completing
from losskit.cli.extension import COMMANDS
from losskit.spec.properties import KINDS

from .conftest import PROGRAM, Elsewhere

LINES = [
    ("losskit ", set(COMMANDS)),
    ("losskit des", {"describe"}),
    ("losskit describe comp_sum_", {"comp_sum_bayes_risk", "comp_sum_rho_margin"}),
    ("losskit verify hinge squared_h", {"squared_hinge"}),
    ("losskit verify --only StrictlyP", {"StrictlyProper"}),
    ("losskit verify --only Convex,StrictlyP", {"Convex,StrictlyProper"}),
    ("losskit suggest --only TopK", {"TopKCalibrated"}),
    ("losskit list --holds Label", {"LabelSymmetric"}),
    ("losskit list --task reg", {"regression", "regularization"}),
    ("losskit list --coupling p", {"pairs"}),
    ("losskit verify --runtime o", {"ort", "openvino"}),
    ("losskit verify --prof", {"--profile"}),
    ("losskit completion z", {"zsh"}),
]


def bash_protocol(line: str) -> dict[str, str]:
    words = line.split(" ")
    return {completing.VARIABLE: "complete_bash", "COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_the_protocol_of_bash(line: str, expected: set[str], elsewhere: Elsewhere) -> None:
    run = elsewhere.run(**bash_protocol(line))
    assert run.returncode == 0, run.stderr
    assert expected <= set(run.stdout.split())
    if line.rpartition(" ")[2]:
        assert set(run.stdout.split()) == expected


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_protocols_of_other_shells(shell: str, elsewhere: Elsewhere) -> None:
    line = "losskit describe comp_sum_r"
    given = {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    run = elsewhere.run(**{completing.VARIABLE: f"complete_{shell}"}, **given)
    assert "comp_sum_rho_margin" in run.stdout


@pytest.mark.parametrize("line", ["losskit ", "losskit describe ", "losskit verify --only "])
def test_nothing_heavy_or_foreign_is_imported(line: str, foreign: Elsewhere) -> None:
    code = f"{PROGRAM.replace('main()', '')}\ntry:\n    main()\nfinally:\n    import sys; print(*sys.modules, file=sys.stderr)"
    given = {**os.environ, "PYTHONPATH": foreign.path, **bash_protocol(line)}
    run = subprocess.run(
        [sys.executable, "-c", code], env=given, cwd=foreign.folder, capture_output=True, text=True, check=True
    )
    assert not {"torch", "numpy", "losskit.spec.loss", "losskit.spec.properties", "rich", "foreign_plugin"} & set(
        run.stderr.split()
    )
    assert not (foreign.folder / "imported").exists()
    if line.endswith("describe "):
        assert "foreign_loss" in run.stdout.split()


def test_the_vocabulary_is_read_as_it_is() -> None:
    assert set(completing.kinds()) == set(KINDS) - {"Engineering"}


def test_tasks_are_those_of_the_built_in_losses() -> None:
    assert completing.tasks("class") == ["classification"]
    assert completing.losses("") == list(names())


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_real_bash_completes(elsewhere: Elsewhere) -> None:
    """The printed script is sourced, and its function is called as the tab key calls it."""
    program = elsewhere.folder / "losskit"
    program.write_text(f"#!{sys.executable}\n{PROGRAM}\n")
    program.chmod(0o755)
    script = Path(elsewhere.folder / "script.bash")
    script.write_text(elsewhere.run("completion", "bash").stdout)
    ask = (
        f"source {script}; complete -p losskit >&2; COMP_WORDS=(losskit describe squared_h); COMP_CWORD=2; "
        '_losskit_completion losskit; echo "${COMPREPLY[@]}"'
    )
    path = f"{elsewhere.folder}{os.pathsep}{os.environ['PATH']}"
    given = {**os.environ, "PATH": path, "PYTHONPATH": elsewhere.path}
    run = subprocess.run(["bash", "--norc", "-c", ask], env=given, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["squared_hinge"]
    assert "_losskit_completion losskit" in run.stderr
