"""Losses that misbehave, in a module that worker processes find."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from losskit import get
from losskit.conformance.report import Finding, Report
from losskit.spec import LossSpec

MODULE = '''
import os
import signal
import sys
import time
from pathlib import Path

from losskit.plugins.classification.comp_sum.loss import CompSumLoss

print("a loss that is loud at import")
os.write(1, b"and below Python\\n")


class Loud(CompSumLoss):
    pass


class Aborts(CompSumLoss):
    def value(self, logits, target):
        os.abort()


class Killed(CompSumLoss):
    def value(self, logits, target):
        os.kill(os.getpid(), signal.SIGKILL)


class Exits(CompSumLoss):
    def value(self, logits, target):
        raise SystemExit(4)


class Leaves(CompSumLoss):
    def value(self, logits, target):
        os._exit(5)


class Sleeps(CompSumLoss):
    def value(self, logits, target):
        time.sleep(1000)


class Hungry(CompSumLoss):
    """Asks for more memory than there is."""

    def value(self, logits, target):
        bytearray(1 << 60)


class AbortsOnce(CompSumLoss):
    def value(self, logits, target):
        mark = Path(__file__).with_name("aborted")
        if not mark.exists():
            mark.touch()
            os.abort()
        return super().value(logits, target)


class DiesOnce(CompSumLoss):
    def value(self, logits, target):
        mark = Path(__file__).with_name("died")
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().value(logits, target)
'''


@pytest.fixture
def misbehaving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], LossSpec]:
    """The spec of comp_sum with another module, by the name of its class."""
    (tmp_path / "misbehaving.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))

    def spec(name: str) -> LossSpec:
        return get("comp_sum").model_copy(update={"name": name.lower(), "module": f"misbehaving:{name}"})

    return spec


def timeless(report: Report) -> list[tuple[str, list[Finding]]]:
    """All findings but for how long they took."""
    return [(loss.name, [f.model_copy(update={"seconds": 0.0}) for f in loss.findings]) for loss in report.losses]
