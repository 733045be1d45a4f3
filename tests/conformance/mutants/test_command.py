"""The command: what it prints and when it fails."""

from __future__ import annotations

import json
import sys

import pytest

from losskit import get
from losskit.conformance.mutants import Edit, Mutant, Run
from losskit.conformance.mutants.__main__ import main
from losskit.conformance.mutants.running import run
from losskit.conformance.mutants.sources import PREFIX, EditError, edited, rebuilt

RETURN = "return -self.scale * exp_minus_one(log_likelihood)"
WRONG = Mutant(
    "wrong", "mae_classification", "NonNegative", "The sign.", edits=(Edit(RETURN, f"return -({RETURN[7:]})"),)
)
HARMLESS = Mutant("harmless", "mae_classification", "NonNegative", "Nothing.", edits=(Edit(RETURN, f"{RETURN} * 1.0"),))
MISTAGGED = Mutant("mistagged", "mae_classification", "ShiftInvariant", "The sign, not the shift.", edits=WRONG.edits)


def test_a_killed_mutant_succeeds_and_its_loss_is_checked_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--jobs", "1"], [WRONG]) == 0
    shown = capsys.readouterr()
    assert "1 mutants of 1 losses: 1 killed, 0 killed by another check, 0 survived; kill rate 100.0%" in shown.out
    assert "1 of these checks on the unmutated losses: 0 hit" in shown.out
    assert "[1/1] wrong: killed, NonNegative" in shown.err


def test_a_mutant_that_changes_nothing_passes_every_check_and_fails_the_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--jobs", "1", "--only", "harmless"], [WRONG, HARMLESS]) == 1
    assert "1 survived; kill rate 0.0%" in capsys.readouterr().out


def test_a_mutant_that_its_own_check_misses_fails_the_command_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--jobs", "1"], [WRONG, MISTAGGED]) == 1
    shown = capsys.readouterr().out
    assert "1 killed, 1 killed by another check, 0 survived" in shown
    assert "missed by the check that must catch it: mistagged (ShiftInvariant)\n" in shown
    assert main(["--jobs", "1", "--json"], [MISTAGGED]) == 1
    tried = json.loads(capsys.readouterr().out)["attempts"][0]
    assert tried["fate"] == "elsewhere"
    assert tried["killer"].partition(" ")[0] != "ShiftInvariant"


def test_nothing_ran_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "no such mutant"]) == 1
    assert "no mutant ran" in capsys.readouterr().out
    assert run([]).exit_code == 1


def test_a_loss_that_is_hit_itself_is_a_failure() -> None:
    killed = run([WRONG], jobs=1)
    hit = killed.controls[0].model_copy(update={"fell": ("NonNegative holds: refuted",)})
    assert killed.exit_code == 0
    assert killed.model_copy(update={"controls": (hit,)}).exit_code == 1


def test_a_run_survives_json() -> None:
    report = run([WRONG], jobs=1)
    assert Run.model_validate_json(report.model_dump_json()) == report


def test_an_edit_that_no_longer_fits_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    stale = Mutant("stale", "mae_classification", "NonNegative", "Gone.", edits=(Edit("return nothing", ""),))
    assert main(["--jobs", "1"], [stale]) == 2
    assert "must hold the passage 'return nothing' once to be edited, found 0" in capsys.readouterr().err


def test_mutated_modules_are_gone_afterwards_and_the_loss_is_untouched() -> None:
    spec = get("mae_classification")
    with rebuilt(spec, edited(spec, WRONG.edits)) as wrong:
        assert wrong.module.startswith(PREFIX)
        assert wrong.module.partition(":")[0] in sys.modules
    assert not [name for name in sys.modules if name.startswith(PREFIX)]
    assert get("mae_classification").module == spec.module


def test_an_edit_of_a_module_the_loss_does_not_use_is_refused() -> None:
    spec = get("mae_classification")
    stray = Edit("square > 1e-24", "square > 0", file="ops.vectors")
    with pytest.raises(EditError, match="does not use"), rebuilt(spec, edited(spec, (stray,))):
        pass
