"""The same seed gives the same bits, wherever and in whatever order the claims are attacked."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec

import pytest

from losskit import get, verify
from losskit.conformance.claims import claims_of
from losskit.conformance.run.task import Backlog, Task
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
