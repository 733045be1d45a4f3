"""The harness's benchmark: its shares add up to 1, and what a thread is seen to do is what it does."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmarks import harness, sampling
from benchmarks.sampling import KINDS, Kind, Profile, sampled

SPIN = """
def busy(seconds, then=None):
    if then is not None:
        return then(seconds)
    import time
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
"""
SECONDS = 0.2
ROOT = Path(__file__).resolve().parents[1]


def planted(module: str, calls: Callable[..., Any] | None = None) -> Callable[[float], Any]:
    """A function of a module of that name which keeps busy, or calls one that does."""
    space: dict[str, Any] = {"__name__": module}
    exec(compile(SPIN, module, "exec"), space)
    return lambda seconds: space["busy"](seconds, calls)


LOSS = planted("losskit.plugins.planted.loss")
STACKS: dict[str, tuple[Callable[[float], Any], Kind]] = {
    "a loss": (LOSS, "loss"),
    "a loss that the search asks": (planted("losskit.conformance.search.attack", LOSS), "loss"),
    "torch within a loss": (planted("losskit.plugins.loss", planted("torch.functional")), "loss"),
    "a backward pass": (planted("losskit.conformance.decision.risk", planted("torch.autograd.graph")), "loss"),
    "an export": (planted("torch.export._trace"), "tools"),
    "a loss that is being exported": (planted("torch.export._trace", LOSS), "tools"),
    "a runtime": (planted("losskit.conformance.graph_subject", planted("onnxruntime.capi.session")), "tools"),
    "the solver": (planted("losskit.conformance.decision.bfgs", planted("torch.linalg")), "search"),
    "a law": (planted("losskit.conformance.laws.derivative"), "search"),
    "drawing": (planted("losskit.conformance.search.inputs", planted("torch.random")), "rest"),
    "a comparison": (planted("losskit.conformance.checks.base"), "rest"),
    "nothing that tells": (planted("elsewhere"), "rest"),
}


@pytest.mark.parametrize(("work", "kind"), STACKS.values(), ids=STACKS)
def test_a_busy_function_is_seen_for_what_it_is(work: Callable[[float], Any], kind: Kind) -> None:
    with sampled(0.002) as profile:
        work(SECONDS)
    shares = profile.shares()
    assert sum(shares.values()) == pytest.approx(1)
    assert profile.total > 0.7 * SECONDS
    assert shares[kind] > 0.8


def test_work_of_two_kinds_is_shared_out() -> None:
    with sampled(0.002) as profile:
        LOSS(3 * SECONDS)
        planted("losskit.conformance.decision.newton")(SECONDS)
    assert profile.shares()["loss"] == pytest.approx(0.75, abs=0.15)
    assert profile.shares()["search"] == pytest.approx(0.25, abs=0.15)


def test_what_an_import_does_is_an_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = f"import time\nend = time.perf_counter() + {SECONDS}\nwhile time.perf_counter() < end:\n    pass\n"
    (tmp_path / "slow_to_load.py").write_text(body, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with sampled(0.002) as profile:
        planted("losskit.plugins.planted", lambda _: __import__("slow_to_load"))(SECONDS)
    sys.modules.pop("slow_to_load")
    assert profile.shares()["imports"] > 0.8


def test_a_question_to_the_tools_is_the_asker_s() -> None:
    answering: dict[str, Any] = {
        "__name__": "torch.jit._trace",
        "seen": lambda: sampling.kind_of(sampling.stack_of(threading.get_ident())),
    }
    exec("def is_tracing(): return seen()\ndef trace(): return seen()", answering)
    asking = {**answering, "__name__": "losskit.plugins.checks"}
    exec("def ask(question): return question()", asking)
    assert asking["ask"](answering["is_tracing"]) == "loss"
    assert asking["ask"](answering["trace"]) == "tools"


def test_a_stack_ends_where_the_thread_began() -> None:
    names = [function for function, _ in sampling.stack_of(threading.get_ident())]
    assert names[:2] == ["stack_of", "test_a_stack_ends_where_the_thread_began"]
    assert len(names) == len(inspect.stack()) + 1


def test_a_block_too_short_to_be_seen_has_shares_all_the_same() -> None:
    with sampled(60) as profile:
        time.sleep(0.001)
    assert sum(profile.shares().values()) == pytest.approx(1)


def test_a_row_a_loss_and_one_for_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["harness", "--json", "wafbc"])
    harness.main()
    told = json.loads(capsys.readouterr().out)
    one, whole = told["rows"]
    assert (told["profile"], one["loss"], one["fallen"]) == ("quick", "wafbc", 0)
    assert one["claims"] == whole["claims"] > 10
    assert one["seconds"] == whole["seconds"] > 0
    for row in (one, whole):
        assert set(row["shares"]) == set(KINDS)
        assert sum(row["shares"].values()) == pytest.approx(1)
    assert one["shares"]["loss"] > 0.05


def test_the_mean_weighs_losses_by_their_time_and_slow_ones_stand_out() -> None:
    parts = {"short": Profile(), "long": Profile()}
    parts["short"].seconds["loss"], parts["long"].seconds["tools"] = 1.0, 9.0
    rows = [harness.Row(name, 5, 0, work.total, work.total, work.shares()) for name, work in parts.items()]
    whole = harness.together(rows, list(parts.values()))
    assert (whole.claims, whole.seconds) == (10, 5.0)
    assert whole.shares["loss"] == pytest.approx(0.1)
    assert "| **9.00** |" in harness.line(rows[1], "quick")
    assert "**" not in harness.line(rows[1], "standard") + harness.line(rows[0], "quick")


GARBAGE = """
import gc, threading
from benchmarks.sampling import stack_of
ended = threading.Event()
for _ in range(8):
    threading.Thread(target=ended.wait).start()
for more in range(1, 60):  # one of them brings the collector into the look
    gc.collect()
    ring = [threading.local()]
    ring[0].here = ring  # found by the collector alone, which takes the lock of all threads to end it
    del ring
    gc.set_threshold(gc.get_count()[0] + more)
    stack_of(threading.get_ident())
    gc.set_threshold(700)
ended.set()
print(gc.isenabled())
"""


def test_nothing_is_collected_while_a_thread_is_looked_at() -> None:
    run = subprocess.run([sys.executable, "-c", GARBAGE], capture_output=True, text=True, timeout=30, cwd=ROOT)
    assert run.stdout == "True\n", run.stderr
