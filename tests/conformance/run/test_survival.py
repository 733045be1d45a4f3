"""Losses that crash, hang or leave: each is its own result, and nothing else is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from losskit import get, verify
from losskit.conformance.claims import verify_claim
from losskit.conformance.run.supervisor import Worker
from losskit.conformance.run.task import Task
from losskit.spec import LossSpec, Property
from losskit.spec.errors import LosskitError
from losskit.spec.properties import KINDS, WorkedExamples

Misbehaving = Callable[[str], LossSpec]
ONE = ["WorkedExamples"]
DEATHS = {
    "Aborts": "its worker process was killed by signal 6 (SIGABRT)",
    "Killed": "its worker process was killed by signal 9 (SIGKILL), as the system does where memory runs out",
    "Exits": "SystemExit at misbehaving.py:",
    "Leaves": "its worker process ended with exit status 5",
    "Hungry": "MemoryError at misbehaving.py:",
}


def test_a_loss_that_dies_is_its_own_result_and_nothing_else_is_lost(
    misbehaving: Misbehaving, capfd: pytest.CaptureFixture[str]
) -> None:
    report = verify(*map(misbehaving, DEATHS), misbehaving("Loud"), "comp_sum", only=ONE, jobs=2)
    findings = {loss.name: loss.findings for loss in report.losses}
    for name, reason in DEATHS.items():
        (finding,) = findings[name.lower()]
        assert finding.outcome == "error"
        assert reason in finding.reason
    assert [findings[name][0].outcome for name in ("loud", "comp_sum")] == ["held", "held"]
    assert report.exit_code == 3
    written = capfd.readouterr()
    assert "loud at import" not in written.out
    assert "and below Python" in written.err


def test_a_claim_that_hangs_is_stopped_and_said_how_to_give_it_longer(misbehaving: Misbehaving) -> None:
    report = verify(misbehaving("Sleeps"), "comp_sum", only=ONE, jobs=2, timeout=10)
    hung, good = (loss.findings[0] for loss in report.losses)
    assert hung.outcome == "error"
    assert hung.reason.startswith("it took more than 10 s and was stopped; --timeout gives it longer")
    assert "losskit verify sleeps --profile quick --seed 0 --only WorkedExamples" in hung.reason
    assert hung.seconds >= 10
    assert good.outcome == "held"


def test_the_other_claims_of_a_loss_that_died_are_attacked_in_a_new_worker(misbehaving: Misbehaving) -> None:
    report = verify(misbehaving("DiesOnce"), only=["WorkedExamples", "Reduces", "RoundTrips"], jobs=1)
    assert [f.outcome for f in report.losses[0].findings] == ["error", "held", "held"]


@pytest.mark.parametrize(("device", "kept"), [("cpu", True), ("meta", False)])
def test_a_worker_is_not_trusted_after_an_error_on_an_accelerator(
    misbehaving: Misbehaving, device: str, kept: bool
) -> None:
    class Asked(Worker):
        """Tells which process answered."""

        @property
        def number(self) -> int | None:
            return self._process.pid if self._process is not None else None

    worker = Asked()
    first = Task(0, 0, misbehaving("Exits"), WorkedExamples().holds(), "quick", 0, device)
    again = Task(1, 0, get("comp_sum"), WorkedExamples().holds(), "quick", 0, "cpu")
    try:
        assert worker.attack(first, 60).outcome == "error"
        answered = worker.number
        assert (answered is not None) == kept
        assert worker.attack(again, 60).outcome == "held"
        assert (worker.number == answered) == kept
    finally:
        worker.close()


def test_a_system_exit_is_an_error_of_its_claim_in_this_process_too(misbehaving: Misbehaving) -> None:
    finding = verify_claim(misbehaving("Exits"), WorkedExamples().holds(), "quick", 0, "cpu")
    assert finding.outcome == "error"


def test_a_claim_that_a_worker_cannot_read_is_an_error() -> None:
    class Local(Property):
        """Known to this function alone."""

    try:
        spec = get("comp_sum").model_copy(update={"claims": (Local().holds(),)})
        (finding,) = verify(spec, only=["Local"], jobs=1, timeout=60).losses[0].findings
    finally:
        del KINDS["Local"]
    assert finding.outcome == "error"
    assert "cannot be sent to a worker process" in finding.reason


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "spark"}, "there is no engine 'spark', expected one of here, local, dask, ray"),
        ({"jobs": -1}, "-1 claims cannot be attacked at a time, expected at least 1"),
        ({"jobs": 0, "engine": "dask"}, "0 claims cannot be attacked at a time, expected at least 1"),
        ({"timeout": 0}, "a claim may take 0 s, expected more than 0"),
        ({"timeout": 5, "engine": "here"}, "a time limit needs worker processes"),
    ],
)
def test_a_wrong_option_is_one_sentence(options: dict[str, object], message: str) -> None:
    with pytest.raises(LosskitError, match=message):
        verify("comp_sum", **options)
