from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from losskit.conformance.report import Finding, LossReport, Outcome, Report, Witness, from_json

from .conftest import Elsewhere

Invoke = Callable[..., Any]
WITNESS = Witness(
    parameters={"tau": 1.5}, inputs={"target": [0, 1]}, left=1.0, right=0.25, detail="a, and b",
    command="losskit verify comp_sum --only Convex", code="import losskit\nprint(1)",
)  # fmt: skip


class Harness:
    """Stands in for the harness: remembers what it was asked and answers with findings of one outcome."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self.options: dict[str, Any] = {}
        self.outcome: Outcome = "held"

    def __call__(self, *names: str, progress: Callable[..., None], **options: Any) -> Report:
        self.names, self.options = names, options
        progress(0, len(names), None)
        losses = []
        for name in names:
            losses.append(LossReport(name=name, findings=(self._finding(),), seconds=1.0))
            sys.stdout.write("a plugin is loud\n")
            progress(len(losses), len(names), losses[-1])
        given = {name: options[name] for name in ("profile", "device", "seed")}
        return Report(**given, versions={"losskit": "0"}, losses=tuple(losses), seconds=2.0)

    def _finding(self) -> Finding:
        return Finding(
            claim="Convex(on=logits) holds", property="Convex", verdict="holds", outcome=self.outcome, cases=7,
            witness=WITNESS if self.outcome == "refuted" else None, reason="no such thing",
        )  # fmt: skip


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    stand_in = Harness()
    monkeypatch.setattr("losskit.conformance.verify", stand_in)
    return stand_in


def test_the_table_comes_on_stdout_and_the_progress_on_stderr(invoke: Invoke, harness: Harness) -> None:
    result = invoke("verify", "comp_sum", "dice")
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines == [
        "LOSS CLAIMS STOOD FELL ERRORS N/A CASES TIME",
        "comp_sum 1 1 0 0 0 7 1.0 s",
        "dice 1 1 0 0 0 7 1.0 s",
        "",
        "All 2 claims of 2 losses stand (quick profile, auto, seed 0, 14 cases, 2.0 s).",
    ]
    assert "[1/2] comp_sum: 1 of 1 claims stand (7 cases, 1.0 s)\n" in result.stderr
    assert "[2/2] dice:" in result.stderr


def test_options_reach_the_harness(invoke: Invoke, harness: Harness) -> None:
    options = "--profile deep --device cpu --jobs 3 --seed 5 --only convex,LabelSymmetric --only finite_on"
    invoke("verify", "comp_sum", *options.split(), "--timeout", "7.5", "--engine", "dask")
    assert harness.names == ("comp_sum",)
    assert harness.options == {
        "profile": "deep", "device": "cpu", "jobs": 3, "seed": 5, "only": ("Convex", "LabelSymmetric", "FiniteOn"),
        "engine": "dask", "timeout": 7.5, "journal": None, "resume": False,
    }  # fmt: skip


def test_a_report_has_its_journal_beside_it_until_it_is_written(
    invoke: Invoke, harness: Harness, tmp_path: Path
) -> None:
    journal = tmp_path / "verify.json.journal"
    for option, resume in (("--report", False), ("--resume", True)):
        journal.touch()
        invoke("verify", "comp_sum", option, str(tmp_path / "verify.json"))
        assert (harness.options["journal"], harness.options["resume"]) == (journal, resume)
        assert from_json((tmp_path / "verify.json").read_text()).ok
        assert not journal.exists()


def test_a_run_is_resumed_from_its_own_journal_wherever_the_report_goes(
    invoke: Invoke, harness: Harness, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    journal = tmp_path / "first.json.journal"
    journal.touch()
    harness.outcome = "error"
    told = invoke("verify", "comp_sum", "--resume", str(first), "--report", str(second)).stderr
    assert harness.options["journal"] == journal
    assert f"--resume {first}" in " ".join(told.split())
    harness.outcome = "held"
    invoke("verify", "comp_sum", "--resume", str(first), "--report", str(second))
    assert from_json(second.read_text()).ok
    assert not first.exists()
    assert not journal.exists()


def test_a_file_that_cannot_be_written_takes_nothing_else_with_it(
    invoke: Invoke, harness: Harness, tmp_path: Path
) -> None:
    taken, page, journal = tmp_path / "taken.xml", tmp_path / "page.html", tmp_path / "now.json.journal"
    run, options = (
        harness._finding,
        ("--junit", str(taken), "--html", str(page), "--report", str(tmp_path / "now.json")),
    )

    def meanwhile() -> Finding:
        taken.mkdir(exist_ok=True)
        journal.touch()
        return run()

    harness._finding = meanwhile  # type: ignore[method-assign]
    result = invoke("verify", "comp_sum", *options)
    assert result.exit_code == 3
    told = " ".join(result.stderr.split())
    assert f"losskit: {taken} cannot be written: Is a directory" in told
    assert f"write what was found once more with the same command and --resume {tmp_path / 'now.json'}" in told
    assert "All 1 claim of 1 loss stand" in result.stdout
    assert page.read_text().startswith("<!doctype html>")
    assert from_json((tmp_path / "now.json").read_text()).ok
    assert journal.exists()


def test_a_journal_stays_where_something_could_not_be_run_and_it_is_said_how_to_try_that_again(
    invoke: Invoke, harness: Harness, tmp_path: Path
) -> None:
    harness.outcome = "error"
    journal = tmp_path / "verify.json.journal"
    journal.touch()
    result = invoke("verify", "comp_sum", "--report", str(tmp_path / "verify.json"))
    assert result.exit_code == 3
    assert journal.exists()
    told = " ".join(result.stderr.split())
    assert f"try again what could not be run with the same command and --resume {tmp_path / 'verify.json'}" in told


def test_an_interrupt_in_between_is_no_fallen_claim(
    invoke: Invoke, harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_names: str, **_options: Any) -> Report:
        raise KeyboardInterrupt

    monkeypatch.setattr("losskit.conformance.verify", interrupted)
    assert invoke("verify", "comp_sum").exit_code == 130


def test_folders_after_an_interrupt_are_named_as_not_run(
    invoke: Invoke, harness: Harness, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from losskit.conformance.run.collection import Interrupted

    def interrupted(*names: str, **options: Any) -> Report:
        found = harness(*names, **{name: options[name] for name in ("profile", "device", "seed", "progress")})
        losses = (*found.losses, LossReport(name="dice", findings=(), not_run=("Convex holds",)))
        raise Interrupted(found.model_copy(update={"losses": losses}))

    monkeypatch.setattr("losskit.conformance.verify", interrupted)
    (tmp_path / "manifest.json").touch()
    result = invoke("verify", "comp_sum", str(tmp_path))
    assert result.exit_code == 130
    shown = " ".join(result.stdout.split())
    assert "dice, not run: Convex holds" in shown
    assert f"{tmp_path}, not run: every graph" in shown
    assert "Interrupted: 2 claims not run. All 1 claim of 1 loss stand" in shown


def test_without_names_the_harness_chooses(invoke: Invoke, harness: Harness) -> None:
    invoke("verify")
    assert harness.names == ()
    assert harness.options["profile"] == "quick"


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("held", 0), ("confirmed", 0), ("refuted", 1), ("unconfirmed", 1), ("undecided", 1), ("error", 3)],
)
def test_the_exit_status(invoke: Invoke, harness: Harness, outcome: Outcome, status: int) -> None:
    harness.outcome = outcome
    assert invoke("verify", "comp_sum").exit_code == status


def test_nothing_checked_is_no_success(invoke: Invoke, harness: Harness) -> None:
    harness.outcome = "not_applicable"
    harness._finding = lambda: Finding(  # type: ignore[method-assign]
        claim="c", property="Convex", verdict="holds", outcome="not_applicable", reason="no CUDA"
    )
    assert invoke("verify", "comp_sum").exit_code == 3


def test_a_fallen_claim_comes_with_what_reproduces_it(invoke: Invoke, harness: Harness) -> None:
    harness.outcome = "refuted"
    shown = invoke("verify", "comp_sum").stdout
    for line in (
        "comp_sum: Convex(on=logits) holds",
        "  parameters: tau = 1.5",
        "  target = [0, 1]",
        "  find it again: losskit verify comp_sum --only Convex",
        "      import losskit",
        "Of 1 claim 1 fell (quick profile, auto, seed 0, 7 cases, 2.0 s).",
    ):
        assert f"{line}\n" in shown


def test_json_is_the_report_and_nothing_else(invoke: Invoke, harness: Harness) -> None:
    result = invoke("verify", "comp_sum", "--json")
    assert from_json(result.stdout).losses[0].name == "comp_sum"
    assert "a plugin is loud" in result.stderr


def test_files_are_written(invoke: Invoke, harness: Harness, tmp_path: Path) -> None:
    places = {kind: tmp_path / "reports" / f"verify.{kind}" for kind in ("xml", "html", "json", "svg")}
    harness.outcome = "refuted"
    result = invoke(
        "verify",
        "comp_sum",
        "--junit-xml",
        str(places["xml"]),
        "--html",
        str(places["html"]),
        "--report",
        str(places["json"]),
        "--badge",
        str(places["svg"]),
    )
    assert result.exit_code == 1
    assert ElementTree.parse(places["xml"]).getroot().get("failures") == "1"
    assert places["html"].read_text().startswith("<!doctype html>")
    assert not from_json(places["json"].read_text()).ok
    assert "0 of 1 stand" in places["svg"].read_text()


def test_the_old_name_of_the_junit_option_is_kept(invoke: Invoke, harness: Harness, tmp_path: Path) -> None:
    invoke("verify", "comp_sum", "--junit", str(tmp_path / "verify.xml"))
    assert ElementTree.parse(tmp_path / "verify.xml").getroot().get("tests") == "1"


@pytest.fixture
def earlier(invoke: Invoke, harness: Harness, tmp_path: Path) -> Path:
    """The report of a run in which every claim held."""
    invoke("verify", "comp_sum", "dice", "--report", str(tmp_path / "old.json"))
    return tmp_path / "old.json"


def test_a_difference_names_what_fell_and_leaves_the_status(invoke: Invoke, harness: Harness, earlier: Path) -> None:
    harness.outcome = "refuted"
    result = invoke("verify", "comp_sum", "--diff", str(earlier))
    assert result.exit_code == 1
    assert "1 claim newly fallen:\n  comp_sum: Convex(on=logits) holds (held, now refuted)\n" in result.stdout
    assert "Not in this run: dice." in result.stdout


def test_no_difference_is_said_and_json_stays_alone(invoke: Invoke, harness: Harness, earlier: Path) -> None:
    result = invoke("verify", "comp_sum", "dice", "--diff", str(earlier), "--json")
    assert result.exit_code == 0
    assert from_json(result.stdout).ok
    assert "2 claims have the outcome they had in the earlier report." in result.stderr


@pytest.mark.parametrize(("text", "said"), [('{"schema_version": 1}', "found 1"), ("no report", "is JSON")])
def test_an_earlier_report_that_is_none_is_refused_before_the_run(
    invoke: Invoke, harness: Harness, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "old.json").write_text(text)
    result = invoke("verify", "comp_sum", "--diff", str(tmp_path / "old.json"))
    assert (result.exit_code, harness.names) == (2, ())
    assert said in " ".join(result.stderr.split())


def test_a_place_that_is_no_file_is_refused_before_the_run(invoke: Invoke, harness: Harness, tmp_path: Path) -> None:
    assert invoke("verify", "comp_sum", "--html", str(tmp_path)).exit_code == 2
    assert harness.names == ()


def test_a_folder_without_manifest_is_refused(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("verify", str(tmp_path))
    assert result.exit_code == 2
    assert "holds no manifest.json" in " ".join(result.stderr.split())


@pytest.mark.slow
def test_the_harness_itself_from_a_process(elsewhere: Elsewhere) -> None:
    run = elsewhere.run("verify", "comp_sum", "--only", "LabelSymmetric", "--jobs", "1", "--json", COLUMNS="40")
    found = json.loads(run.stdout)
    assert (found["schema_version"], run.returncode) == (2, 0)
    assert {finding["property"] for finding in found["losses"][0]["findings"]} == {"LabelSymmetric"}
    assert "[1/1] comp_sum: 3 of 3 claims stand" in run.stderr
