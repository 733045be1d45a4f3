"""What `losskit new` writes is clean for every task and every start, and a start that cannot be one says why."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from losskit import registry
from losskit.cli.scaffold import rehome
from losskit.cli.scaffold.imports import arrange
from losskit.cli.scaffold.order import TASKS, Order, check_name
from losskit.cli.scaffold.writing import Written, write
from losskit.spec import LossSpec
from losskit.spec.errors import ScaffoldError


@pytest.fixture(scope="module", autouse=True)
def _builtin() -> Iterator[None]:
    """Only losskit's own losses."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(registry.VARIABLE, "builtin")
        yield


def order(name: str, task: str, start: str = "") -> Order:
    return Order(name, task, "A title", "Ada Lovelace", start)


@pytest.fixture(scope="module")
def by_task(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Written]:
    """A package for each task, under the shortest and the longest name in turn."""
    folder = tmp_path_factory.mktemp("tasks")
    names = {task: "x" if number % 2 else "a" * 40 for number, task in enumerate(TASKS)}
    return {task: write(order(names[task], task), folder / task) for task in TASKS}


@pytest.fixture(scope="module")
def by_start(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Written]:
    """A package from each of losskit's own losses."""
    folder = tmp_path_factory.mktemp("starts")
    specs = [registry.get(name) for name in registry.builtin()]
    return {s.name: write(order(f"new_{s.name}", s.task, s.name), folder / s.name) for s in specs}


def lint(folder: Path) -> str:
    """What ruff says of all packages below a folder, each under its own settings."""
    told = ""
    for words in (("check", "-q", "--no-cache"), ("format", "-q", "--check", "--no-cache")):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "."], cwd=folder, capture_output=True, text=True, check=False
        )
        told += done.stdout + done.stderr
    return told


def test_every_task_has_a_template_that_ruff_finds_clean(by_task: dict[str, Written]) -> None:
    assert lint(by_task["binary"].folder.parent) == ""


def test_every_task_has_inputs_of_its_own_kind(by_task: dict[str, Written]) -> None:
    inputs = {task: {entry.name for entry in written.spec.inputs} for task, written in by_task.items()}
    taken: dict[str, set[str]] = {}
    for spec in (registry.get(name) for name in registry.builtin()):
        taken.setdefault(spec.task, set()).update(entry.name for entry in spec.inputs)
    for task, names in taken.items():  # what registered losses of the task call their inputs
        assert inputs[task] <= names, task
    assert inputs["contrastive"] == {"anchor", "positive"}
    assert inputs["distillation"] == {"student_logits", "teacher_logits"}
    assert inputs["divergence"] == {"p", "q"}
    assert inputs["recommendation"] == {"positive", "negative"}


def test_every_template_claims_what_holds_and_what_a_paper_says(by_task: dict[str, Written]) -> None:
    for task, written in by_task.items():
        spec = written.spec
        assert spec.task == task
        assert len(spec.claims) >= 4, task
        assert all(claim.source for claim in spec.claims), task
        assert spec.examples, task
        assert all(reference.file.startswith(spec.module.partition(".")[0]) for reference in spec.references), task
        assert "example to replace" in spec.summary.lower(), task


def test_every_loss_can_be_a_start_and_ruff_finds_it_clean(by_start: dict[str, Written]) -> None:
    assert {*by_start} == {*registry.builtin()}
    assert lint(by_start["comp_sum"].folder.parent) == ""


def test_a_start_keeps_claims_and_examples_and_gains_a_link(by_start: dict[str, Written]) -> None:
    for name, written in by_start.items():
        old, new = registry.get(name), written.spec
        assert new.claims[: len(old.claims)] == old.claims
        (link,) = new.claims[len(old.claims) :]
        assert str(link).startswith(f"ReducesTo(other={name}")
        assert {*link.property.model_dump()["parameters"]} == {*old.parameters.names()}
        assert new.parameters.fields == old.parameters.fields
        kept = {"inputs", "examples", "edge_cases", "narrowed", "coupling", "graph_accepts", "notes"}
        assert new.model_dump_json(include=kept) == old.model_dump_json(include=kept)


def test_nothing_of_the_old_package_is_named_but_in_links(by_start: dict[str, Written]) -> None:
    for name, written in by_start.items():
        module = registry.get(name).module.rpartition(".")[0]
        for path in (written.folder / "src").rglob("*.py"):
            assert module not in path.read_text(), path


def test_the_card_names_source_and_licence(by_start: dict[str, Written]) -> None:
    card = (by_start["comp_sum"].folder / "README.md").read_text()
    assert "started from the loss `comp_sum` of losskit 0.1.0 (Apache-2.0)" in card
    bib = (by_start["comp_sum"].folder / "src/losskit_new_comp_sum/references.bib").read_text()
    assert "mao2023cross" in bib
    assert "ghosh2017robust" in bib


@pytest.fixture
def foreign(monkeypatch: pytest.MonkeyPatch) -> LossSpec:
    """A registered spec whose module lies where its spec does not."""
    spec = registry.get("comp_sum").model_copy(update={"module": "elsewhere.loss:Loss"})
    monkeypatch.setattr(registry, "get", lambda _name: spec)
    return spec


def test_a_start_whose_parts_lie_apart_is_refused(foreign: LossSpec) -> None:
    with pytest.raises(ScaffoldError, match=r"comp_sum cannot be a start: elsewhere\.loss lies outside of"):
        rehome.read(foreign.name)


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("losskit.cli.scaffold.pages.card", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write(order("my_loss", "binary"), tmp_path / "made")
    assert list(tmp_path.iterdir()) == []
    assert "losskit_my_loss" not in sys.modules


@pytest.mark.parametrize("name", ["a", "my_loss", "l1", "top_2_loss", "a" * 40])
def test_names_a_loss_may_bear(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "1a", "a__b", "a_", "_a", "A", "a-b", "ä", "a b", "a.b", "../a"])
def test_names_it_may_not(name: str) -> None:
    with pytest.raises(ScaffoldError, match="is no name of a loss"):
        check_name(name)


def test_imports_are_sorted_and_the_unused_left_out() -> None:
    source = (
        '"""Doc."""\nfrom b import D, C_X, e\nimport z\nimport os, json\nfrom own.x import y\n'
        "@e\nclass A(D):\n    f = C_X, os, y, z\n"
    )
    assert arrange(source, "own") == (
        '"""Doc."""\nimport os\n\nimport z\nfrom b import C_X, D, e\n\nfrom own.x import y\n\n\n'
        "@e\nclass A(D):\n    f = C_X, os, y, z\n"
    )
