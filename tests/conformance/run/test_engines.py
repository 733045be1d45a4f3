"""The same seed gives the same bits, wherever and in whatever order the claims are attacked."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from losskit import get, verify
from losskit.conformance.claims import claims_of
from losskit.conformance.run.crews import attack_apart, dismiss
from losskit.conformance.run.task import Backlog, Task
from losskit.registry import selection
from losskit.spec import LossSpec
from losskit.spec.errors import MissingExtraError

from .conftest import timeless

LOSSES = ("dpo", "comp_sum")
KINDS = ["WorkedExamples", "NonNegative", "ShiftInvariant", "Bounded", "RoundTrips"]
NEEDS_RAY = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")


def _tasks(*names: str) -> list[Task]:
    return [
        Task(loss, number, get(name), claim, "quick", 0, "cpu")
        for loss, name in enumerate(names)
        for number, claim in enumerate(claims_of(get(name)))
    ]


def test_reports_do_not_depend_on_the_number_of_workers() -> None:
    here, one, three = (
        verify(*LOSSES, only=KINDS, seed=3, device="cpu", **options)
        for options in ({"engine": "here"}, {"jobs": 1}, {"jobs": 3})
    )
    assert timeless(here) == timeless(one) == timeless(three)
    assert here.exit_code == 0


@pytest.mark.parametrize("engine", ["dask", pytest.param("ray", marks=NEEDS_RAY)])
def test_a_cluster_finds_the_same_and_survives_what_dies(engine: str, misbehaving: Callable[[str], LossSpec]) -> None:
    report = verify(misbehaving("Killed"), *LOSSES, only=KINDS[:2], engine=engine, jobs=2, device="cpu")
    killed, *rest = timeless(report)
    assert {finding.outcome for finding in killed[1]} == {"error"}
    assert all("killed by signal 9" in finding.reason for finding in killed[1])
    assert rest == timeless(verify(*LOSSES, only=KINDS[:2], engine="here", device="cpu"))


EDITED = """\
import os
from pathlib import Path

from losskit import get
from losskit.plugins.preference.dpo.loss import DPOLoss

SPEC = get("dpo").model_copy(update={{"module": "edited_loss:Edited"}})


class Edited(DPOLoss):
    def value(self, *given, **named):
        Path(__file__).with_name("process").write_text(str(os.getpid()))
        return super().value(*given, **named) * {factor}
"""


def test_a_cluster_that_runs_on_judges_a_loss_as_it_is_and_keeps_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed: Any = pytest.importorskip("distributed")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = []
    with distributed.Client(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None):
        for factor in ("1", "2.5"):
            (tmp_path / "edited_loss.py").write_text(EDITED.format(factor=factor))
            report = verify("edited_loss:SPEC", only=["WorkedExamples"], engine="dask", device="cpu")
            found.append(report.losses[0].findings[0].outcome)
            assert _ends(int((tmp_path / "process").read_text()))
    assert found == ["held", "refuted"]


def _ends(process: int) -> bool:
    """Whether a process ends within the time that a killed one may take to be gone."""
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_a_claim_that_comes_after_the_end_of_its_run_starts_no_process() -> None:
    (task,) = (task for task in _tasks("dpo") if task.claim.property.kind == "WorkedExamples")
    dismiss("a run")
    *_, finding = attack_apart(task, 60, "a run", (), selection())
    assert (finding.outcome, finding.reason.partition(";")[0]) == ("error", "the run was stopped")


@pytest.mark.parametrize(("engine", "module"), [("dask", "distributed"), ("ray", "ray")])
def test_an_engine_that_is_not_installed_says_what_to_install(
    engine: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"needs {module}, .* pip install 'losskit\[{engine}\]'"):
        verify("comp_sum", engine=engine)


def test_a_worker_stays_with_its_loss_and_then_helps_with_the_longest() -> None:
    tasks = _tasks("z_loss", "comp_sum", "dpo")
    lengths = [sum(task.loss == loss for task in tasks) for loss in range(3)]
    longest = lengths.index(max(lengths))
    backlog = Backlog(tasks)
    first = backlog.take()
    assert first is not None
    assert (first.loss, first.number) == (longest, 0)
    others = [backlog.take(), backlog.take()]
    assert {task.loss for task in others if task} == {0, 1, 2} - {longest}
    assert [task and (task.loss, task.number) for task in (backlog.take(longest),)] == [(longest, 1)]
    rest = []
    while (task := backlog.take(first.loss)) is not None:
        rest.append(task)
    assert [task.number for task in rest if task.loss == longest] == list(range(2, lengths[longest]))
    assert len(rest) == len(tasks) - 4
    assert [task.loss for task in rest[: lengths[longest] - 2]] == [longest] * (lengths[longest] - 2)
