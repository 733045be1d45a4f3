"""`losskit new` writes packages that verify, and refuses what it cannot write in one sentence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import losskit
from losskit import registry
from losskit.cli import new as command
from losskit.cli.app import app
from losskit.cli.scaffold.order import TASKS

from .conftest import Elsewhere

Invoke = Callable[..., Any]
SITE = Path(pytest.__file__).parents[1]
SOURCE = Path(losskit.__file__).parents[1]
EVERYBODY = {registry.VARIABLE: "all"}  # not the built-in losses alone, as commands in this process
KINDS = ("MatchesReference", "WorkedExamples", "RejectsBadInput", "Scripts", "NonNegative")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, and an author whom git knows."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"COUNT": "1", "KEY_0": "user.name", "VALUE_0": "Ada Lovelace"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    return tmp_path


def register(elsewhere: Elsewhere, folders: Iterable[Path]) -> None:
    """Make packages known as if they were installed."""
    for folder in folders:
        project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        elsewhere.install(project["name"], project["entry-points"]["losskit.losses"], {})
        for package in (folder / "src").iterdir():
            shutil.copytree(package, elsewhere.folder / package.name)


def test_the_files_of_a_package(invoke: Invoke, desk: Path) -> None:
    done = invoke("new", "my_loss", "--task", "classification")
    assert done.exit_code == 0, done.output
    found = {path.relative_to(desk).as_posix() for path in desk.rglob("*") if path.is_file()}
    assert found == {
        "losskit-my-loss/.github/workflows/ci.yml",
        "losskit-my-loss/.gitignore",
        "losskit-my-loss/README.md",
        "losskit-my-loss/pyproject.toml",
        "losskit-my-loss/src/losskit_my_loss/__init__.py",
        "losskit-my-loss/src/losskit_my_loss/loss.py",
        "losskit-my-loss/src/losskit_my_loss/py.typed",
        "losskit-my-loss/src/losskit_my_loss/reference.py",
        "losskit-my-loss/src/losskit_my_loss/references.bib",
        "losskit-my-loss/tests/test_my_loss.py",
    }
    assert [path for path in desk.iterdir() if path.name.startswith(".")] == []  # nothing half-written stays


def test_the_metadata_names_the_loss_and_its_author(invoke: Invoke, desk: Path) -> None:
    invoke("new", "my_loss", "--task", "regression", "-o", "here/and/there")
    project = tomllib.loads((desk / "here/and/there/pyproject.toml").read_text())["project"]
    assert project["entry-points"] == {"losskit.losses": {"my_loss": "losskit_my_loss"}}
    assert project["authors"] == [{"name": "Ada Lovelace"}]
    assert project["name"] == "losskit-my-loss"


def test_the_page_ends_in_what_to_do_next(invoke: Invoke, desk: Path) -> None:
    lines = invoke("new", "my_loss", "--task", "regression", "-o", "a folder").stdout.splitlines()
    for line in ("    cd 'a folder'", '    pip install -e ".[dev]"', "    losskit verify my_loss", "    pytest"):
        assert line in lines


def test_the_card_shows_what_the_loss_takes_and_cites(invoke: Invoke, desk: Path) -> None:
    invoke("new", "my_loss", "--task", "distillation", "--title", "My own | loss")
    card = (desk / "losskit-my-loss/README.md").read_text()
    assert card.startswith("# My own | loss\n")
    assert "| `teacher_logits` | (B, C) | float | real |" in card
    assert "| direction | lower is better |" in card
    assert "| gradient | flows to student_logits |" in card
    assert "- Hinton, Geoffrey and Vinyals, Oriol and Dean, Jeff (2015)." in card


def test_the_answer_as_json(invoke: Invoke, desk: Path) -> None:
    package = json.loads(invoke("new", "my_loss", "--from", "comp_sum", "--json").stdout)["package"]
    assert package["task"] == "classification"
    assert package["from"] == "comp_sum"
    assert Path(package["folder"]) == desk / "losskit-my-loss"
    assert all((desk / "losskit-my-loss" / file).is_file() for file in package["files"])
    assert package["next"][2] == "losskit verify my_loss"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("MyLoss", "--task", "binary"), "'MyLoss' is no name of a loss"),
        (("MyLoss", "--task", "binary"), "did you mean my_loss?"),
        (("_loss", "--task", "binary"), "did you mean loss?"),
        (("my-loss", "--task", "binary"), "did you mean my_loss?"),
        (("a" * 41, "--task", "binary"), "at most 40 characters"),
        (("lambda", "--task", "binary"), "keyword of Python"),
        (("match", "--task", "binary"), "keyword of Python"),
        (("random", "--task", "binary"), "standard library, expected another name; take random_loss"),
        (("comp_sum", "--task", "binary"), "there is a loss 'comp_sum' already, from losskit"),
        (("my_loss", "--task", "clasification"), "did you mean classification"),
        (("my_loss", "--task", "zzz"), "expected one of classification, binary"),
        (("my_loss", "--from", "comp_sun"), "did you mean comp_sum"),
        (("my_loss", "--from", "comp_sum", "--task", "ranking"), "comp_sum is a loss for classification"),
        (("my_loss",), "give --task, one of classification, binary"),
        ((), "give NAME and --task TASK or --from LOSS"),
        (("my_loss", "--task", "binary", "--title", "two\nlines"), "one line of 1 to 80 characters"),
        (("my_loss", "--task", "binary", "--author", 'A "B" C'), "without quotation marks"),
    ],
)
def test_a_wrong_command_says_what_was_expected(
    invoke: Invoke, desk: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    done = invoke("new", *arguments)
    assert done.exit_code == 2
    assert sentence in " ".join(done.stderr.replace("│", " ").split())
    assert list(desk.iterdir()) == []


def test_nothing_is_overwritten(invoke: Invoke, desk: Path) -> None:
    (desk / "losskit-my-loss").mkdir()
    assert invoke("new", "my_loss", "--task", "binary").exit_code == 0  # an empty folder is as good as none
    before = {path: path.read_bytes() for path in desk.rglob("*") if path.is_file()}
    again = invoke("new", "my_loss", "--task", "ranking")
    assert again.exit_code == 2
    assert "losskit-my-loss holds .github and more, and nothing is overwritten" in again.stderr
    assert {path: path.read_bytes() for path in desk.rglob("*") if path.is_file()} == before
    (desk / "file").write_text("mine")
    assert "file is no folder" in invoke("new", "my_loss", "--task", "ranking", "-o", "file").stderr


def test_questions_are_asked_on_a_terminal(desk: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> None:
    monkeypatch.setattr(command, "_somebody_is_there", lambda: True)
    answers = ["My Loss", "my_loss", "rankin", "ranking", "", "", "x", "there"]
    (desk / "x").touch()
    done = CliRunner().invoke(app, ["new"], input="\n".join(answers) + "\n")
    assert done.exit_code == 0, done.output
    assert "did you mean my_loss?" in done.stderr
    assert "did you mean ranking?" in done.stderr
    assert "x is no folder" in done.stderr
    assert 'title="My loss"' in (desk / "there/src/losskit_my_loss/__init__.py").read_text()
    assert 'name = "Ada Lovelace"' in (desk / "there/pyproject.toml").read_text()


def test_a_missing_extra_is_named(invoke: Invoke, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from losskit.cli.scaffold import pages

    pages._environment.cache_clear()
    monkeypatch.setitem(sys.modules, "jinja2", None)
    done = invoke("new", "my_loss", "--task", "binary")
    pages._environment.cache_clear()
    assert done.exit_code == 3
    assert "pip install 'losskit[verify]'" in done.stderr
    assert list(desk.iterdir()) == []


@pytest.mark.slow
def test_a_package_of_every_task_verifies(elsewhere: Elsewhere, invoke: Invoke, desk: Path) -> None:
    """With the kinds that tie module, oracle and inputs together; CI verifies every claim."""
    for task in TASKS:
        assert invoke("new", f"my_{task}", "--task", task, "-o", f"packages/{task}").exit_code == 0
    register(elsewhere, (desk / "packages").iterdir())
    only = [word for kind in KINDS for word in ("--only", kind)]
    done = elsewhere.run(
        "verify", *(f"my_{task}" for task in TASKS), *only, "--jobs", "1", "--device", "cpu", **EVERYBODY
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_a_package_that_starts_from_a_loss_verifies(elsewhere: Elsewhere, invoke: Invoke, desk: Path) -> None:
    starts = ("comp_sum", "hl_gauss", "spherical_head", "self_adjusting_dice_multiclass")
    for start in starts:
        assert invoke("new", f"my_{start}", "--from", start, "-o", f"packages/{start}").exit_code == 0
    register(elsewhere, (desk / "packages").iterdir())
    only = ("--only", "ReducesTo", "--only", "MatchesReference", "--only", "WorkedExamples")
    done = elsewhere.run(
        "verify", *(f"my_{start}" for start in starts), *only, "--jobs", "1", "--device", "cpu", **EVERYBODY
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_an_installed_package_passes_its_own_tests(invoke: Invoke, desk: Path) -> None:
    assert invoke("new", "my_loss", "--task", "regression", "-o", "made").exit_code == 0
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | EVERYBODY
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "venv"], check=True, cwd=desk)
    (site,) = (desk / "venv/lib").glob("*/site-packages")
    (site / "borrowed.pth").write_text(f"{SOURCE}\n{SITE}\n")  # what is tested, torch and the like
    python, offline = str(desk / "venv/bin/python"), ("--no-index", "--no-deps", "--no-build-isolation")
    for line in (
        (sys.executable, "-m", "pip", "--python", python, "install", "-q", *offline, "./made"),
        (python, "-m", "losskit", "describe", "my_loss"),
        (python, "-m", "pytest", "-q", "made", "-k", "Matches or Worked or Convex", "-p", "no:cacheprovider"),
    ):
        done = subprocess.run(line, cwd=desk, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("...")
