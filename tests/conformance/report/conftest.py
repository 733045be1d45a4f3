from __future__ import annotations

import math

import pytest

from losskit.conformance.report import Finding, LossReport, Report, Witness

WITNESS = Witness(
    parameters={"tau": math.inf},
    inputs={"logits": [[0.0, -math.inf], [1.5, 2.0]], "target": [0, 1]},
    left=math.inf,
    right=0.25,
    detail="left: value at the midpoint; right: mean of the values at the ends",
    command="losskit verify hinge --only Convex --seed 3",
    code="import losskit\nloss = losskit.create('hinge')\nprint(loss < 1)",
)
HELD = Finding(
    claim="NonNegative holds", property="NonNegative", verdict="holds", outcome="held", cases=1200, worst=0.0
)
CONFIRMED = Finding(
    claim="Convex(on=logits) fails when tau = 2", property="Convex", verdict="fails", outcome="confirmed", cases=3, witness=WITNESS
)  # fmt: skip
NOWHERE = Finding(
    claim="DeviceParity holds", property="DeviceParity", verdict="holds", outcome="not_applicable", reason="no CUDA <here>"
)  # fmt: skip
REFUTED = Finding(
    claim="Convex(on=logits) holds",
    property="Convex",
    verdict="holds",
    source="Someone & others 2020",
    outcome="refuted",
    cases=77,
    worst=1.2e9,
    witness=WITNESS,
    seconds=0.5,
)
UNDECIDED = Finding(
    claim="Bounded(upper=1) holds", property="Bounded", verdict="holds", outcome="undecided", cases=5, reason="margin 1e-17"
)  # fmt: skip
CRASHED = Finding(
    claim="Compiles holds", property="Compiles", verdict="holds", outcome="error", reason="RuntimeError: \x1b[31mno\x00"
)  # fmt: skip


def report(*losses: LossReport) -> Report:
    return Report(
        profile="quick", device="cpu", seed=3, versions={"losskit": "0.1.0", "torch": "2.13"}, losses=losses, seconds=75.4
    )  # fmt: skip


@pytest.fixture
def sound() -> Report:
    return report(LossReport(name="softmax", findings=(HELD, CONFIRMED, NOWHERE), seconds=2.25))


@pytest.fixture
def broken() -> Report:
    return report(
        LossReport(name="softmax", findings=(HELD,), seconds=2.25),
        LossReport(name="hinge", findings=(HELD, REFUTED, UNDECIDED, CRASHED), seconds=9.0),
    )
