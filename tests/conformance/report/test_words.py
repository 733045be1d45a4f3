from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import get_args

import pytest
from rich.console import Console

from losskit.conformance.report import Outcome, Report, block, conclusion, line, to_table, write
from losskit.conformance.report.as_table import COLUMNS, rows
from losskit.conformance.report.as_text import MEANINGS, NAMES, duration
from losskit.conformance.report.matrix import GLYPHS, GRAVEST


def test_a_sound_run_in_one_sentence(sound: Report) -> None:
    said = conclusion(sound)
    assert (
        said == "All 2 claims of 1 loss stand; 1 not applicable (quick profile, cpu, seed 3, 1,203 cases, 1 min 15 s)."
    )


def test_a_run_with_fallen_claims_in_one_sentence(broken: Report) -> None:
    assert conclusion(broken).startswith("Of 5 claims 2 fell and 1 could not be checked (")


def test_what_does_not_apply_counts_neither_for_nor_against(sound: Report) -> None:
    assert line(sound.losses[0]).startswith("softmax: 2 of 2 claims stand, 1 not applicable (")
    assert dict(zip(COLUMNS, rows(sound)[0], strict=True))["n/a"] == "1"


def test_every_outcome_has_a_name_a_meaning_and_a_glyph() -> None:
    outcomes = set(get_args(Outcome))
    assert set(NAMES) == set(MEANINGS) == set(GLYPHS) == set(GRAVEST) == outcomes
    assert len(set(NAMES.values())) == len(set(GLYPHS.values())) == len(outcomes)


def test_nothing_checked_is_said(sound: Report) -> None:
    assert conclusion(sound.model_copy(update={"losses": ()})).startswith("Nothing was checked")


def test_a_line_counts_what_stands_falls_and_fails(broken: Report) -> None:
    assert line(broken.losses[1]) == ("hinge: 1 of 4 claims stand, 2 fell, 1 could not be checked (1,282 cases, 9.0 s)")


def test_rows_add_up(broken: Report) -> None:
    assert [dict(zip(COLUMNS, row, strict=True)) for row in rows(broken)][1] == {
        "loss": "hinge", "claims": "4", "stood": "1", "fell": "2", "errors": "1", "n/a": "0", "cases": "1,282", "time": "9.0 s",
    }  # fmt: skip


def test_a_block_names_claim_witness_command_and_code(broken: Report) -> None:
    text = block("hinge", broken.losses[1].findings[1])
    for part in ("hinge: Convex(on=logits) holds", "Someone & others", "parameters: tau = Infinity", "target = [0, 1]"):
        assert part in text
    assert "left:  inf" in text
    assert "find it again: losskit verify hinge --only Convex --seed 3" in text
    assert "      loss = losskit.create('hinge')" in text


def test_a_long_witness_is_cut_and_says_so(broken: Report) -> None:
    finding = broken.losses[1].findings[1]
    assert finding.witness is not None
    long = finding.witness.model_copy(update={"inputs": {"logits": [0.125] * 5000}})
    text = block("hinge", finding.model_copy(update={"witness": long}))
    assert len(text) < 2000
    assert "characters)" in text


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.123, "0.12 s"), (12.34, "12.3 s"), (151.2, "2 min 31 s"), (119.9, "2 min 00 s")]
)
def test_durations_for_people(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def shown(report: Report, width: int) -> str:
    console = Console(width=width, record=True, file=StringIO(), color_system=None)
    console.print(to_table(report))
    return console.export_text()


def test_the_table_has_a_row_a_loss(broken: Report) -> None:
    lines = shown(broken, 100).splitlines()
    assert [line.split() for line in lines if "hinge" in line] == [
        ["hinge", "4", "1", "2", "1", "0", "1,282", "9.0", "s"]
    ]


def test_a_narrow_table_folds_and_cuts_nothing(broken: Report) -> None:
    assert "…" not in shown(broken, 30)


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "reports" / "verify.json"
    write(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write(path, "\ud800")
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]
