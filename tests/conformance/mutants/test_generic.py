"""The generic pass: operators, the code they are let loose on, and the mutations known to be equivalent."""

from __future__ import annotations

import pytest

from losskit import get
from losskit.conformance.mutants.generic import equivalent, label, mutants_of, run_generic, used_by
from losskit.conformance.mutants.operators import mutations

MODULE = '''
def f(x, y):
    """Adds 1."""
    return torch.where(x < 0, -x.sum(dim=0), y.detach() * 2)


def g(x):
    return x + 1
'''


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


def test_mutations_have_names_of_their_own() -> None:
    names = [label(module, m) for module, m in mutants_of(get("z_loss"))]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("loss", sorted(equivalent()))
def test_every_equivalent_mutation_still_exists_and_has_a_reason(loss: str) -> None:
    names = {label(module, m) for module, m in mutants_of(get(loss))}
    for name, reason in equivalent()[loss].items():
        assert name in names
        assert reason.endswith(".")


def test_no_mutation_of_a_small_loss_survives_unexplained() -> None:
    report = run_generic(["mae_classification"], jobs=1)
    assert report.attempts
    assert [a.mutant for a in report.attempts if a.fate == "survived"] == []
    assert report.exit_code == 0
