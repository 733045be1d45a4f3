"""The solver's benchmark: its counts do not grow with the distributions, so that an accelerator is not kept waiting."""

from __future__ import annotations

import json

import pytest
import torch
from benchmarks import solver

from losskit.conformance.decision.bfgs import CHECKED

WAITS = 2 * (solver.STEPS // CHECKED) + 20  # two attempts, looked at every few steps, and what comes once


@pytest.mark.parametrize("loss", ["cross_entropy", "hinge", "crammer_singer"])
def test_the_host_reads_as_often_for_many_distributions_as_for_few(loss: str) -> None:
    classes = 2 if loss == "hinge" else 4
    few, many = (solver.counted(loss, classes, count, "cpu") for count in (50, 1000))
    assert 0 < few.read <= WAITS
    assert many.read <= WAITS
    assert many.all <= 3 * few.all  # among many there are some that get a second attempt


def test_rates_and_counts_are_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(
        "sys.argv", ["solver", "--json", "--repeats", "1", "--threads", str(torch.get_num_threads()), "20"]
    )
    solver.main()
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert (row["device"], row["distributions"], row["ratio"]) == ("cpu", 20, 1.0)
    assert row["per_second"] > 0
    assert row["reads"] <= WAITS


def test_a_loss_without_a_risk_is_refused() -> None:
    with pytest.raises(SystemExit, match="mse is no loss of scores and labels"):
        solver.counted("mse", 2, 10, "cpu")
