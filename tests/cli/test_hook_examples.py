"""The example of every hook is a package that works: each is installed here, and used as a user would."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.hook_examples import EXERCISED, GROUPS, HOOKS, Test, entry, exercises, modules
from typer.testing import CliRunner

import losskit
from losskit import registry
from losskit.cli.app import app
from losskit.spec.properties import KINDS

from .conftest import Elsewhere

ROOT = Path(__file__).resolve().parents[2]
PAGE = "reference/hooks.md"
Run = Callable[..., Any]


@pytest.fixture
def run(elsewhere: Elsewhere, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Install the example of a hook and run `losskit` in this process."""
    hook = request.param
    elsewhere.install("an-example", entry(hook), modules(hook), group=GROUPS[HOOKS[hook]])
    monkeypatch.syspath_prepend(str(elsewhere.folder))
    monkeypatch.chdir(elsewhere.folder)
    importlib.invalidate_caches()
    registry.forget()
    packages, kinds = {name.partition("/")[0] for name in modules(hook)}, dict(KINDS)

    def invoke(*arguments: str) -> Any:
        return CliRunner().invoke(app, list(arguments), prog_name="losskit")

    yield invoke
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]
    for name in set(KINDS) - set(kinds):
        del KINDS[name]
    monkeypatch.undo()
    registry.forget()


def example(hook: str) -> Callable[[Test], Test]:
    """Install the example of a hook for a test that uses it."""

    def mark(test: Test) -> Test:
        marked: Test = pytest.mark.parametrize("run", [hook], indirect=True, ids=[hook])(test)
        return exercises(hook)(marked)

    return mark


@example("losskit_loss")
def test_the_loss_is_described_and_its_claims_stand(run: Run) -> None:
    assert "log_cosh: Log-cosh loss" in run("describe", "log_cosh").stdout
    only = ("NonNegative", "Convex", "ReducesTo", "MatchesReference", "Scripts")
    result = run("verify", "log_cosh", "--engine", "here", *(f"--only={kind}" for kind in only))
    assert result.exit_code == 0, result.output
    assert "All 5 claims of 1 loss stand" in result.stdout


SPECS = """
import losskit
from mirrored import Even

EVEN = [
    losskit.get(name).model_copy(update={"claims": (Even(on=on).holds(),)})
    for name, on in (("mse", ("input", "target")), ("logistic", "logits"))
]
"""


@example("losskit_property_kinds")
@pytest.mark.parametrize("engine", ["here", "local", pytest.param("dask", marks=pytest.mark.slow)])
def test_the_kind_holds_for_one_loss_and_is_refuted_for_another(run: Run, engine: str) -> None:
    (Path.cwd() / "even_specs.py").write_text(SPECS)
    result = run("verify", "even_specs:EVEN", "--only", "even", "--engine", engine, "--jobs", "1", "--json")
    sys.modules.pop("even_specs", None)
    assert result.exit_code == 1, result.output
    squared, logistic = json.loads(result.stdout)["losses"]
    assert [finding["outcome"] for finding in squared["findings"]] == ["held"]
    assert [finding["outcome"] for finding in logistic["findings"]] == ["refuted"]
    assert logistic["findings"][0]["witness"]["detail"] == "the value, and the value of the mirrored inputs"


@example("losskit_property_kinds")
def test_the_kind_is_a_word_of_the_vocabulary(run: Run) -> None:
    assert run("list", "--holds", "Even").exit_code == 0
    assert "did you mean Even?" in run("list", "--holds", "Evn").stderr
    from mirrored import Even  # type: ignore[import-not-found]

    assert losskit.spec.properties.KINDS["Even"] is Even


@example("losskit_export_targets")
def test_the_target_is_written_beside_others_and_said_not_to_be_compared(run: Run) -> None:
    result = run("export", "huber", "--to", "card", "--param", "delta=2.5", "-o", "card", "--json")
    assert result.exit_code == 0, result.output
    assert "- delta = 2.5" in Path("card/CARD.md").read_text()
    manifest = json.loads(result.stdout)["manifest"]
    assert set(manifest["files"]) == {"CARD.md", "spec.json"}
    assert manifest["notes"][-1].startswith("CARD.md: written by an-example 1.0 (loss_cards), not compared")


@example("losskit_runtimes")
def test_the_runtime_replays_graphs(run: Run) -> None:
    assert run("export", "mse", "--to", "onnx", "--grad", "-o", "graphs").exit_code == 0
    result = run("verify", "graphs", "--runtime", "plain-ort", "--json")
    assert result.exit_code == 0, result.output
    findings = json.loads(result.stdout)["losses"][0]["findings"]
    assert [finding["outcome"] for finding in findings] == ["held", "held"]
    assert all("without optimisations" in finding["claim"] for finding in findings)


@example("losskit_report_formats")
def test_the_form_is_written(run: Run) -> None:
    result = run("verify", "mse", "--only", "NonNegative", "--engine", "here", "--format", "tsv=report.tsv")
    assert result.exit_code == 0, result.output
    assert Path("report.tsv").read_text() == "loss\tclaim\toutcome\nmse\tNonNegative holds\theld\n"


@example("losskit_commands")
def test_the_command_is_listed_and_runs(run: Run) -> None:
    assert re.search(r"^  count +Count the losses of a task\.$", run("-h").stdout, re.MULTILINE)
    assert run("count", "binary").stdout == f"{len(losskit.find(task='binary'))}\n"
    assert run("count", "-h").exit_code == 0


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_an_example_a_test_of_it_and_a_place_in_the_documentation(hook: str) -> None:
    assert entry(hook), f"{hook} names no entry point"
    (package,) = entry(hook).values()
    assert f"{package}/__init__" in modules(hook)
    assert f"def {hook}(" in modules(hook)[f"{package}/__init__"]
    assert hook in EXERCISED, f"no test uses the example of {hook}"
    page = (ROOT / "docs" / PAGE).read_text(encoding="utf-8")
    assert f"::: losskit.spec.hooks.{HOOKS[hook].__name__}.{hook}" in page
    assert PAGE in str(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
