from __future__ import annotations

import pytest

from losskit.conformance.report import Finding, LossReport, Outcome, Report, changes_in_words, compare
from losskit.conformance.report.model import EVERY_GRAPH

from .conftest import CONFIRMED, CRASHED, HELD, NOWHERE, REFUTED, report

GRAPH = Finding(
    claim="loss.onnx in ort equals the module", property="ExportsONNX", verdict="holds", outcome="held", cases=4
)
UNLOADED = Finding(claim="the plugin loads", property="", verdict="holds", outcome="error", reason="no such module")


def run(*findings: Finding, loss: str = "hinge", **settings: object) -> Report:
    return report(LossReport(name=loss, findings=findings)).model_copy(update=settings)


def as_found(outcome: Outcome, worst: float | None = None) -> Finding:
    return HELD.model_copy(update={"outcome": outcome, "worst": worst})


def test_a_report_does_not_differ_from_itself(broken: Report) -> None:
    changes = compare(broken, broken)
    assert (changes.changes, changes.unchanged, changes.absent) == ((), 5, ())
    assert changes_in_words(changes) == "5 claims have the outcome they had in the earlier report."


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("held", "refuted", "fallen"),
        ("not_applicable", "undecided", "fallen"),
        ("held", "error", "fallen"),
        ("refuted", "held", "mended"),
        ("error", "confirmed", "mended"),
        ("held", "not_applicable", "changed"),
        ("error", "refuted", "changed"),
    ],
)
def test_what_happened_to_a_claim(before: Outcome, after: Outcome, kind: str) -> None:
    (change,) = compare(run(as_found(before)), run(as_found(after))).changes
    assert (change.kind, change.before, change.after) == (kind, before, after)


def test_new_claims_and_those_that_are_gone() -> None:
    changes = compare(run(HELD, CONFIRMED), run(HELD, NOWHERE, CRASHED))
    assert [c.claim for c in changes.of("new")] == [NOWHERE.claim]
    assert [c.claim for c in changes.of("gone")] == [CONFIRMED.claim]
    assert [c.claim for c in changes.of("fallen")] == [CRASHED.claim]
    assert changes.unchanged == 1


def test_a_new_claim_that_falls_has_fallen() -> None:
    assert compare(run(HELD), run(HELD, REFUTED)).of("fallen")[0].before is None


@pytest.mark.parametrize(
    ("before", "after", "narrower"),
    [(0.02, 0.3, True), (0.02, 0.1, False), (0.0, 0.5, True), (0.0, 0.009, False), (1e-6, 1e-3, False)],
)
def test_a_margin_that_shrank_by_more_than_the_factor(before: float, after: float, narrower: bool) -> None:
    changes = compare(run(as_found("held", before)), run(as_found("held", after)), factor=10)
    assert bool(changes.of("narrower")) == narrower


def test_a_larger_violation_of_a_claim_that_fails_is_no_change() -> None:
    old, new = (CONFIRMED.model_copy(update={"worst": worst}) for worst in (20.0, 1e9))
    assert not compare(run(old), run(new)).changes


def test_kinds_that_one_run_left_out_are_no_changes() -> None:
    assert not compare(run(HELD, CONFIRMED), run(CONFIRMED, only=("Convex",))).changes
    assert not compare(run(CONFIRMED, only=("Convex",)), run(HELD, CONFIRMED)).changes


def test_a_claim_that_an_interrupt_kept_from_being_run_is_not_gone() -> None:
    cut_off = report(LossReport(name="hinge", findings=(HELD,), not_run=(CONFIRMED.claim,)))
    assert not compare(run(HELD, CONFIRMED), cut_off).changes


def test_a_claim_that_an_interrupt_kept_from_being_run_before_is_neither_new_nor_fallen() -> None:
    cut_off = report(LossReport(name="hinge", findings=(HELD,), not_run=(CONFIRMED.claim, REFUTED.claim)))
    changes = compare(cut_off, run(HELD, CONFIRMED, REFUTED, NOWHERE))
    assert [(c.kind, c.claim) for c in changes.changes] == [("new", NOWHERE.claim)]
    assert changes.unchanged == 1


def test_the_graphs_of_a_folder_that_an_interrupt_came_before_are_neither_gone_nor_new() -> None:
    cut_off = report(LossReport(name="hinge", findings=(), not_run=(EVERY_GRAPH,)))
    assert not compare(run(GRAPH), cut_off).changes
    assert not compare(cut_off, run(GRAPH)).changes


@pytest.mark.parametrize("finding", [GRAPH, UNLOADED], ids=["a graph of a folder", "a plugin that does not load"])
@pytest.mark.parametrize(("old", "new"), [((), ("Convex",)), (("Convex",), ()), (("Convex",), ("NonNegative",))])
def test_what_a_choice_of_kinds_does_not_leave_out_is_compared(
    finding: Finding, old: tuple[str, ...], new: tuple[str, ...]
) -> None:
    changes = compare(run(finding, only=old), run(finding, only=new))
    assert (changes.changes, changes.unchanged) == ((), 1)
    changed = finding.model_copy(update={"outcome": "refuted"})
    assert [c.after for c in compare(run(finding, only=old), run(changed, only=new)).changes] == ["refuted"]


def test_a_loss_that_was_not_verified_is_named() -> None:
    changes = compare(run(HELD), run(HELD, loss="softmax"))
    assert changes.absent == ("hinge",)
    assert [c.kind for c in changes.changes] == ["new"]
    assert "Not in this run: hinge." in changes_in_words(changes)


def test_runs_of_other_settings_say_so() -> None:
    said = changes_in_words(compare(run(HELD), run(HELD, profile="deep", versions={"torch": "2.14"})))
    assert "differ in profile (quick, now deep), losskit (0.1.0, now absent), torch (2.13, now 2.14)." in said
