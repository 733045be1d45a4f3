"""The generic pass: operators, the code they are let loose on, whom they are tried on, and what is known to be equivalent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from losskit import get
from losskit.conformance.claims import claims_of
from losskit.conformance.mutants import equivalence
from losskit.conformance.mutants.__main__ import main
from losskit.conformance.mutants.equivalence import EQUIVALENT, equivalent, listed, short
from losskit.conformance.mutants.generic import (
    APART,
    LAWS,
    TIERS,
    USERS,
    Task,
    _attempt,
    _hunt,
    _in_order,
    mutants_of,
    run_generic,
)
from losskit.conformance.mutants.operators import Mutation, mutations
from losskit.conformance.mutants.reach import used_by, users
from losskit.conformance.mutants.sources import source_of
from losskit.registry import names
from losskit.spec.properties import KINDS

MODULE = '''
def f(x, y):
    """Adds 1."""
    return torch.where(x < 0, -x.sum(dim=0), y.detach() * 2)


def g(x):
    return x + 1
'''
MAE = "losskit.plugins.classification.mae_classification.loss"


@pytest.fixture(scope="module")
def every() -> list[Task]:
    """All mutations there are."""
    return list(mutants_of(names()))


def test_every_operator_gives_a_module_that_differs_in_one_place() -> None:
    found = {m.name for m in mutations(MODULE, {"f"})}
    assert found == {
        "f: torch.where(x < 0, -x.sum(dim=0), y.detach() * 2) -> torch.where(x < 0, y.detach() * 2, -x.sum(dim=0))",
        "f: x < 0 -> x <= 0",
        "f: 0 -> 1",
        "f: 0 -> 1 (2)",
        "f: -x.sum(dim=0) -> x.sum(dim=0)",
        "f: x.sum(dim=0) -> x.mean(dim=0)",
        "f: x.sum(dim=0) -> x.sum(dim=1)",
        "f: y.detach() * 2 -> y.detach() / 2",
        "f: y.detach() -> y",
        "f: 2 -> 1",
    }
    texts = [m.text for m in mutations(MODULE, {"f"})]
    assert all("x + 1" in text and '"""Adds 1."""' in text for text in texts)
    assert {m.definition for m in mutations(MODULE, {"f", "g"})} == {"f", "g"}


def test_shared_operations_are_mutated_as_far_as_the_loss_uses_them() -> None:
    used = used_by(get("crammer_singer"))
    assert used["losskit.plugins.ops.classes"] == {
        "largest_violation",
        "margin_violations",
        "_margin_violations_in_graphs",
        "_MarginViolations",
        "one_hot",
        "pick",
    }
    assert "losskit.plugins.ops.softplus" not in used


def test_a_shared_function_is_tried_on_its_most_direct_users() -> None:
    by = users()["losskit.plugins.ops.exponential", "box_cox"]
    assert "comp_sum" in by[:USERS]
    assert "mae_classification" not in by


def test_every_text_is_tried_once_under_a_name_of_its_own(every: list[Task]) -> None:
    assert len({(t.module, t.mutation.text) for t in every}) == len(every)
    assert len({t.name for t in every}) == len(every)
    assert all(1 <= len(t.losses) <= USERS for t in every)
    assert {loss for t in every for loss in t.losses} == set(names())


def test_named_losses_come_first_among_the_users_of_what_they_share() -> None:
    shared = [t for t in mutants_of(["mse", "mae_classification"]) if t.module.endswith("ops.precision")]
    assert shared
    assert all(set(t.losses[:2]) == {"mse", "mae_classification"} for t in shared)


def test_every_claim_of_the_first_loss_is_tried_and_cheap_ones_before() -> None:
    task = next(t for t in mutants_of(["mae_classification"]) if t.module == MAE)
    tried = [claim for _, claims in _in_order(task, "quick", 0) for claim in claims]
    wanted = [c for c in claims_of(get("mae_classification")) if c.property.kind not in APART]
    assert sorted(map(str, tried)) == sorted(map(str, wanted))
    assert tried[0].property.kind == TIERS[0][0]
    named = [kind for tier in TIERS for kind in tier]
    assert set(named) <= set(KINDS)
    assert len(set(named)) == len(named)
    assert TIERS[LAWS] == ()


@pytest.mark.slow
def test_a_planted_survivor_is_listed_with_the_loss_it_was_tried_on() -> None:
    harmless = Task(MAE, Mutation("value: x -> x", source_of(MAE), "MAEClassificationLoss"), ("mae_classification",))
    tried = _attempt(harmless, "quick", 0)
    assert tried.fate == "survived"
    assert tried.mutant == "classification.mae_classification/value: x -> x"
    assert tried.loss == "mae_classification"


def test_a_module_that_cannot_be_imported_is_killed() -> None:
    broken = Task(MAE, Mutation("value: x -> y", "import nothing_of_this_name", ""), ("mae_classification",))
    tried = _attempt(broken, "quick", 0)
    assert (tried.fate, tried.killer, tried.outcome) == ("killed", "import", "error")


def test_every_equivalent_mutation_still_exists_and_has_a_reason(every: list[Task]) -> None:
    found: dict[str, set[str]] = {}
    for task in every:
        found.setdefault(short(task.module), set()).add(task.mutation.name)
    for module, reasons in listed().items():
        assert set(reasons) <= found.get(module, set()), module
        assert all(reason.endswith(".") for reason in reasons.values())


def test_no_mutation_is_listed_twice() -> None:
    for groups in json.loads(EQUIVALENT.read_text(encoding="utf-8")).values():
        listed_ones = [name for group in groups for name in group["mutations"]]
        assert len(set(listed_ones)) == len(listed_ones)


@pytest.mark.slow
def test_what_is_listed_is_left_out_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = [t for t in mutants_of(["brier"]) if short(t.module) == "calibration.brier"]
    file = tmp_path / "equivalent.json"
    group = {"reason": "Planted.", "mutations": [t.mutation.name for t in own]}
    file.write_text(json.dumps({"calibration.brier": [group]}))
    monkeypatch.setattr(equivalence, "EQUIVALENT", file)
    listed.cache_clear()
    try:
        assert set(equivalent("losskit.plugins.calibration.brier.loss")) == {t.mutation.name for t in own}
        report = run_generic(["brier"], jobs=1, sample=1)
    finally:
        listed.cache_clear()
    assert report.equivalent == len(own) > 0
    assert not [a for a in report.attempts if a.mutant.startswith("calibration.brier/")]


@pytest.mark.slow
def test_a_sample_stands_for_all_and_follows_from_the_seed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--generic", "brier", "--sample", "1", "--jobs", "1", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    again = run_generic(["brier"], jobs=1, sample=1)
    assert [a["mutant"] for a in first["attempts"]] == [a.mutant for a in again.attempts]
    left = [t for t in mutants_of(["brier"]) if t.mutation.name not in equivalent(t.module)]
    assert len(again.attempts) < len(left)
    assert again.stands_for == pytest.approx(len(left))


@pytest.mark.slow
def test_no_mutation_of_a_small_loss_survives_unexplained() -> None:
    own = [t for t in mutants_of(["mae_classification"]) if t.module == MAE]
    assert own
    assert [t.name for t in own if _attempt(t, "quick", 0).fate == "survived"] == []


@pytest.mark.parametrize(
    ("module", "name", "kind"),
    [
        (
            "ops.exponential",
            "_LogMeanExp.backward: torch.softmax(x, dim=-1) -> torch.softmax(x, dim=0)",
            "Transforms",  # wrong in the second derivative alone
        ),
        (
            "ops.eager",
            "in_place: not torch._C._functorch.is_legacy_batchedtensor(x) -> torch._C._functorch.is_legacy_batchedtensor(x)",
            "Transforms",  # wrong for a batch of gradients alone
        ),
        (
            "binary.anyloss_fbeta",
            "AnyLossFBetaLoss.value: torch.where(wrong < right, share(wrong, total), 1 - share(right, total)) -> "
            "torch.where(wrong < right, 1 - share(right, total), share(wrong, total))",
            "WorkedExamples",  # wrong in the digits of a small value alone
        ),
        (
            "law.comp_sum_bayes_risk",
            "CompSumBayesRisk.log_sum: self.tau - 1 -> self.tau + 1 (2)",
            "MatchesReference",  # wrong next to the end of a regime alone
        ),
        (
            "ops.pairs",
            "PairBlocks.sweep: 0 -> 1 (5)",
            "Transforms",  # wrong where there are several blocks, and where there is no row
        ),
        (
            "ops.pairs",
            "PairBlocks.sweep: 1 -> 0 (4)",
            "Transforms",  # wrong where values have factors of their own alone
        ),
        (
            "ops.residuals",
            "_fused: input.dtype == target.dtype -> input.dtype != target.dtype",
            "DTypeStable",  # wrong for inputs of two dtypes alone
        ),
        (
            "ops.vectors",
            "_norm_rows_in_graphs: x.abs().amax(dim=-1, keepdim=True) -> x.abs().amin(dim=-1, keepdim=True)",
            "Transforms",  # wrong in the form for graphs and transforms alone
        ),
    ],
)
def test_what_got_past_the_harness_once_is_caught(every: list[Task], module: str, name: str, kind: str) -> None:
    task = next(t for t in every if short(t.module) == module and t.mutation.name == name)
    hunts = (_hunt(get(loss), claims_of(get(loss), (kind,)), task, "quick", 0) for loss in task.losses)
    found = next((finding for finding in hunts if finding is not None), None)
    assert found is not None
    assert found.property == kind
    assert found.outcome in ("refuted", "error")
