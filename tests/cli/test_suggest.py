from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import losskit
import losskit.conformance
from losskit.cli import sheet
from losskit.conformance.suggestion import Suggestions
from losskit.spec.properties import NonNegative

from .conftest import Elsewhere
from .test_verify_places import SPECS

Invoke = Callable[..., Any]
QUICK = ("--engine", "here", "--device", "cpu")


def test_lines_to_paste_stand_below_the_table(invoke: Invoke) -> None:
    result = invoke("suggest", "mse", "--all", "--only", "NonNegative,TriangleInequality", *QUICK)
    assert result.exit_code == 0, result.stderr
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == "Proposals for mse"
    assert "from losskit.spec.properties import NonNegative, TriangleInequality" in lines
    assert any(line.startswith('NonNegative().holds(source="PROPOSAL: not refuted in ') for line in lines)
    assert any(line.startswith("TriangleInequality(a=input, b=target) fails always") for line in lines)
    assert "Search proves nothing" in lines[-1]
    assert "everywhere" in result.stderr


def test_json_holds_proposals_witnesses_and_lines(invoke: Invoke) -> None:
    found = json.loads(invoke("suggest", "mse", "--all", "--only", "TriangleInequality", "--json", *QUICK).stdout)
    assert (found["schema_version"], found["name"], found["asked"]) == (1, "mse", 2)
    (proposal,) = found["proposals"]
    assert proposal["claim"]["verdict"] == "fails"
    assert proposal["finding"]["witness"]["inputs"]
    assert "TriangleInequality" in found["lines"]


def test_with_nothing_left_to_claim_it_says_so(invoke: Invoke) -> None:
    result = invoke("suggest", "mse", "--only", "NonNegative", *QUICK)
    assert result.exit_code == 0
    assert "Nothing is proposed." in result.stdout


def test_a_spec_of_a_module_in_worker_processes(elsewhere: Elsewhere) -> None:
    (elsewhere.folder / "my_specs.py").write_text(SPECS)
    run = elsewhere.run("suggest", "my_specs:ONE", "--only", "NonNegative", "--jobs", "1", "--device", "cpu")
    assert run.returncode == 0, run.stderr
    assert "NonNegative().holds(" in run.stdout


def test_a_loss_that_cannot_run_is_no_success(foreign: Elsewhere) -> None:
    run = foreign.run("suggest", "foreign_loss", "--all", "--only", "NonNegative", *QUICK)
    assert run.returncode == 3
    assert "nowhere" in run.stdout
    assert "Traceback" not in run.stderr


def test_an_interrupt_shows_what_had_stood_and_is_told_from_success(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = losskit.conformance.suggest

    def cut_off(*subjects: str, progress: Callable[[int, int, str | None], None], **options: Any) -> Suggestions:
        def interrupt(done: int, asked: int, what: str | None) -> None:
            progress(done, asked, what)
            if done == 2:
                raise KeyboardInterrupt

        return run(*subjects, progress=interrupt, **options)

    monkeypatch.setattr("losskit.conformance.suggest", cut_off)
    only = ("--all", "--only", "NonNegative,TriangleInequality,Convex")
    result = invoke("suggest", "mse", *only, *QUICK)
    assert result.exit_code == 130
    assert "NonNegative().holds(" in result.stdout
    assert "TriangleInequality(" not in result.stdout
    assert "The search was interrupted: much was not asked" in " ".join(result.stdout.split())
    found = json.loads(invoke("suggest", "mse", *only, "--json", *QUICK).stdout)
    assert (found["interrupted"], found["asked"]) == (True, 2)


def test_a_wrong_name_is_one_sentence(invoke: Invoke) -> None:
    result = invoke("suggest", "mze")
    assert result.exit_code == 2
    assert "did you mean mse" in result.stderr


def test_a_page_of_a_loss_shows_the_mark() -> None:
    claim = NonNegative().holds(source="PROPOSAL: not refuted in 5 cases (quick, seed 0); needs a source")
    spec = losskit.get("mse").model_copy(update={"claims": (claim,)})
    shown = [getattr(block, "text", "") for block in sheet.sheet(spec)]
    assert "1 of 1 claims, marked PROPOSAL, came of a search and still need a source." in shown
