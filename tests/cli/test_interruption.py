"""A verification that is interrupted, terminated or killed from outside, and the one that goes on after it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from losskit.conformance.report import from_json

from .conftest import PROGRAM

COMMAND = [sys.executable, "-c", PROGRAM, "verify", "comp_sum", "dpo", "--jobs", "2", "--device", "cpu"]
ONLY = ["--only", "ShiftInvariant,NonNegative,Monotone,LabelSymmetric,Bounded,Convex,Lipschitz"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them"),
]


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[tuple[Popen[str], Path]]:
    """A run in a process of its own that has found something and has more to find."""
    report = tmp_path / "verify.json"
    process = Popen([*COMMAND, *ONLY, "--report", str(report)], stdout=PIPE, stderr=PIPE, text=True, preexec_fn=_hear)
    journal = report.with_name("verify.json.journal")
    deadline = time.monotonic() + 240
    while not journal.exists() or journal.read_text().count("\n") < 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield process, report
    process.kill()
    process.communicate()


def _hear() -> None:
    """A shell makes what it runs in the background deaf to the interrupts of a keyboard."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _children(pid: int) -> list[int]:
    table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in table.splitlines() if int(line.split()[1]) == pid]


def _gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not any(_alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return not state.strip().startswith("Z")  # where nobody collects orphans they stay listed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_what_it_has_found(begun: tuple[Popen[str], Path], number: signal.Signals) -> None:
    process, place = begun
    workers = _children(process.pid)
    assert len(workers) == 2
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    report = from_json(place.read_text())
    left = [claim for loss in report.losses for claim in loss.not_run]
    assert any(loss.findings for loss in report.losses)
    assert left
    shown = " ".join(out.split())
    assert f"Interrupted: {len(left)} claim" in shown
    assert all(" ".join(claim.split()) in shown for claim in left)
    assert f"go on with the same command and --resume {place}" in " ".join(err.split())
    assert _gone(workers)


def test_a_run_that_was_killed_leaves_no_workers_and_can_be_resumed(begun: tuple[Popen[str], Path]) -> None:
    process, place = begun
    workers = _children(process.pid)
    process.kill()
    process.communicate()
    assert _gone(workers)
    assert not place.exists()
    journal = place.with_name("verify.json.journal")
    found = journal.read_text().count("\n") - 1
    resumed = subprocess.run(
        [*COMMAND, *ONLY, "--resume", str(place)], capture_output=True, text=True, check=False, timeout=240
    )
    assert resumed.returncode == 0, resumed.stderr
    report = from_json(place.read_text())
    assert sum(len(loss.findings) for loss in report.losses) > found >= 1
    assert not report.interrupted
    assert not journal.exists()
