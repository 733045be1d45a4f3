"""What a run leaves behind when it is cut off, and going on from there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from losskit import get, verify
from losskit.conformance.report import LossReport
from losskit.conformance.run.collection import Interrupted
from losskit.conformance.run.sources import Sources, _files
from losskit.spec import LossSpec
from losskit.spec.errors import ArtifactError

from .conftest import timeless

LOSSES = ("dpo", "z_loss")
KINDS = ["WorkedExamples", "RoundTrips"]


def _cut_off(journal: Path) -> Interrupted:
    """A run that an interrupt stops after its first loss."""

    def interrupt(done: int, _total: int, _report: LossReport | None) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as stop:
        verify(*LOSSES, only=KINDS, journal=journal, progress=interrupt, engine="here")
    return stop.value


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "run.journal"


def test_an_interrupted_run_reports_what_it_has_found_and_names_the_rest(journal: Path) -> None:
    report = _cut_off(journal).report
    assert [(loss.name, len(loss.findings), loss.not_run) for loss in report.losses] == [
        ("dpo", 2, ()),
        ("z_loss", 0, ("WorkedExamples holds", "RoundTrips holds")),
    ]
    assert report.interrupted
    assert report.exit_code == 3


def test_findings_are_kept_and_not_found_anew(journal: Path) -> None:
    done = _cut_off(journal).report
    kept = {(loss.name, f.claim): f.seconds for loss in done.losses for f in loss.findings}
    report = verify(*LOSSES, only=KINDS, journal=journal, resume=True, engine="here")
    again = {(loss.name, f.claim): f.seconds for loss in report.losses for f in loss.findings}
    assert len(again) == 4
    assert kept.items() <= again.items()
    assert timeless(report) == timeless(verify(*LOSSES, only=KINDS, engine="here"))
    assert len(journal.read_text().splitlines()) == 5


def test_a_claim_whose_attack_ended_in_an_error_is_attacked_again_and_the_others_are_kept(
    journal: Path, misbehaving: Callable[[str], LossSpec]
) -> None:
    spec = misbehaving("AbortsOnce")
    first = verify(spec, only=KINDS, journal=journal, jobs=1)
    assert [finding.outcome for finding in first.losses[0].findings] == ["error", "held"]
    again = verify(spec, only=KINDS, journal=journal, resume=True, jobs=1)
    assert [finding.outcome for finding in again.losses[0].findings] == ["held", "held"]
    assert again.losses[0].findings[1].seconds == first.losses[0].findings[1].seconds
    header, *entries = journal.read_text().splitlines()
    assert "journal" in json.loads(header)
    assert sorted(json.loads(entry)["finding"]["outcome"] for entry in entries) == ["held", "held"]


@pytest.mark.parametrize("name", ["Hungry", "Exits"])
def test_memory_that_ran_out_and_an_exit_are_errors_that_are_tried_again(
    journal: Path, misbehaving: Callable[[str], LossSpec], name: str
) -> None:
    spec = misbehaving(name)
    for resume in (False, True):
        told = verify(spec, only=["WorkedExamples"], journal=journal, resume=resume, engine="here")
        assert [finding.outcome for finding in told.losses[0].findings] == ["error"]
    assert len(journal.read_text().splitlines()) == 2


def test_an_interrupt_after_an_error_keeps_what_was_found_out(
    journal: Path, misbehaving: Callable[[str], LossSpec]
) -> None:
    bad, good = misbehaving("Exits"), misbehaving("Loud")

    def interrupt(done: int, _total: int, _report: LossReport | None) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        verify(good, bad, "dpo", only=["WorkedExamples"], journal=journal, progress=interrupt, engine="here")
    resumed = verify(good, bad, "dpo", only=["WorkedExamples"], journal=journal, resume=True, engine="here")
    assert [loss.findings[0].outcome for loss in resumed.losses] == ["held", "error", "held"]
    assert len(journal.read_text().splitlines()) == 4


def test_a_line_that_was_cut_off_is_found_anew(journal: Path) -> None:
    verify(*LOSSES, only=KINDS, journal=journal, engine="here")
    journal.write_text(journal.read_text()[:-20])
    told: list[str] = []
    report = verify(
        *LOSSES, only=KINDS, journal=journal, resume=True, engine="here",
        progress=lambda _done, _total, loss: told.append(loss.name if loss else ""),
    )  # fmt: skip
    assert sum(len(loss.findings) for loss in report.losses) == 4
    assert told == ["", "dpo", "z_loss"]
    assert len(journal.read_text().splitlines()) == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": 1}, "its run had the seed 0, and this one has 1"),
        ({"profile": "standard"}, "its run had the profile quick, and this one has standard"),
    ],
)
def test_a_journal_of_another_run_is_refused(journal: Path, options: dict[str, object], message: str) -> None:
    verify("dpo", only=["WorkedExamples"], journal=journal)
    with pytest.raises(ArtifactError, match=message):
        verify("dpo", only=["WorkedExamples"], journal=journal, resume=True, **options)


def test_a_journal_of_other_versions_is_refused(journal: Path) -> None:
    verify("dpo", only=["WorkedExamples"], journal=journal)
    text = journal.read_text()
    journal.write_text(text.replace('"losskit": "', '"losskit": "0.0.0-'))
    with pytest.raises(ArtifactError, match=r"had the versions losskit 0\.0\.0-\S+, and this one has losskit"):
        verify("dpo", only=["WorkedExamples"], journal=journal, resume=True)


def test_a_loss_that_has_changed_is_refused(journal: Path) -> None:
    verify("dpo", only=["WorkedExamples"], journal=journal)
    changed = get("dpo").model_copy(update={"summary": "another loss"})
    with pytest.raises(ArtifactError, match="dpo or code beside it has changed since its run"):
        verify(changed, only=["WorkedExamples"], journal=journal, resume=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "there is nothing to resume: no run has left"),
        ("", "is no journal of a verification"),
        ("nonsense\n", "is no journal of a verification"),
    ],
)
def test_what_is_no_journal_is_refused(journal: Path, text: str | None, message: str) -> None:
    journal.parent.mkdir()
    if text is not None:
        journal.write_text(text)
    with pytest.raises(ArtifactError, match=message):
        verify("dpo", journal=journal, resume=True)


def test_a_damaged_line_is_refused(journal: Path) -> None:
    verify("dpo", only=["WorkedExamples"], journal=journal)
    journal.write_text(journal.read_text().replace('"outcome"', '"outcame"'))
    with pytest.raises(ArtifactError, match="is damaged"):
        verify("dpo", only=["WorkedExamples"], journal=journal, resume=True)


def test_a_journal_of_other_code_of_losskit_is_refused(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verify("dpo", only=["WorkedExamples"], journal=journal)
    monkeypatch.setattr(Sources, "own", lambda _: "of a law that was edited")
    with pytest.raises(ArtifactError, match="cannot be resumed: the code of losskit has changed since its run"):
        verify("dpo", only=["WorkedExamples"], journal=journal, resume=True)


PLACED = """\
from losskit import get
from losskit.plugins.preference.dpo.loss import DPOLoss


class Wrong(DPOLoss):
    def value(self, *given, **named):
        return super().value(*given, **named) + 1


SPEC = get("dpo").model_copy(update={"module": "misplaced:Wrong"})
"""


def test_two_losses_of_one_name_keep_their_own_findings(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "misplaced.py").write_text(PLACED)
    monkeypatch.syspath_prepend(str(tmp_path))
    first = verify("dpo", "misplaced:SPEC", only=["WorkedExamples"], journal=journal, engine="here")
    assert [loss.findings[0].outcome for loss in first.losses] == ["held", "refuted"]
    again = verify("dpo", "misplaced:SPEC", only=["WorkedExamples"], journal=journal, resume=True, engine="here")
    assert [loss.findings for loss in again.losses] == [loss.findings for loss in first.losses]
    alone = verify("misplaced:SPEC", only=["WorkedExamples"], journal=journal, resume=True, engine="here")
    assert alone.losses[0].findings == first.losses[1].findings


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of a loss whose helper lies in another folder of it."""
    folder = tmp_path / "fingerprinted"
    for place in ("__init__.py", "losses/__init__.py", "losses/loss.py", "ops/__init__.py", "ops/helper.py"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text("a = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


@pytest.mark.parametrize("place", ["losses/loss.py", "ops/helper.py", "ops/added.py"])
def test_the_fingerprint_follows_the_package_of_the_loss(package: Path, place: str) -> None:
    spec = get("dpo").model_copy(update={"module": "fingerprinted.losses.loss:Loss"})
    before = Sources().of(spec)
    assert before == Sources().of(spec)
    (package / place).write_text("a = 2\n")
    assert before != Sources().of(spec)


def test_the_fingerprint_of_a_lone_module_follows_those_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("lone_loss.py", "helper_beside.py", "further/off.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a = 1\n")
    spec = get("dpo").model_copy(update={"module": "lone_loss:Loss"})
    found = [Sources().of(spec)]
    for name in ("further/off.py", "helper_beside.py"):
        (tmp_path / name).write_text("a = 2\n")
        found.append(Sources().of(spec))
    assert found[0] == found[1] != found[2]


def test_the_code_of_losskit_is_more_than_the_spec_and_the_loss(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another package stands for it: nothing may be written into the tree that is tested."""
    monkeypatch.setattr("losskit.conformance.run.sources.OWN", "fingerprinted")
    before = Sources().own()
    (package / "ops" / "helper.py").write_text("a = 2\n")
    assert before != Sources().own()


def test_laws_checks_and_shared_operations_are_code_of_losskit() -> None:
    read = {name for name, _ in _files("losskit")}
    assert {"conformance/laws/base.py", "conformance/checks/base.py", "plugins/ops/vectors.py"} <= read
    assert {"plugins/base.py", "spec/loss.py", "__init__.py"} <= read
