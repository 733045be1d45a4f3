"""Counting violations by decade."""

from __future__ import annotations

import math

import pytest
import torch

from losskit.conformance.claims import verify_claim
from losskit.conformance.outcome import Spread
from losskit.conformance.report import Margins
from losskit.conformance.report.model import HIGHEST, LOWEST
from losskit.registry import get
from losskit.spec.properties import LabelSymmetric, Reduces


def counted(*violations: float, dtype: torch.dtype = torch.float64) -> Margins | None:
    spread = Spread()
    for violation in violations:
        spread.add(torch.tensor([violation], dtype=dtype))
    return spread.margins()


@pytest.mark.parametrize(
    ("violation", "decade"),
    [(0.5, -1), (1.0, 0), (9.99, 0), (10.0, 1), (1e-5, -5), (1e-300, LOWEST), (1e30, HIGHEST), (math.inf, HIGHEST)],
)
def test_a_violation_is_counted_in_its_decade(violation: float, decade: int) -> None:
    assert counted(violation) == Margins(none=0, decades={decade: 1})


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_batches_add_up(dtype: torch.dtype) -> None:
    assert counted(0.0, 0.0, 2.0, 3.0, 200.0, dtype=dtype) == Margins(none=2, decades={0: 2, 2: 1})


def test_nothing_counted_is_no_margin() -> None:
    assert counted() is None


def test_margins_of_several_laws_add_up() -> None:
    assert Margins(none=1, decades={0: 2}) + Margins(none=3, decades={-1: 1, 0: 1}) == Margins(
        none=4, decades={-1: 1, 0: 3}
    )


@pytest.mark.parametrize("claim", [LabelSymmetric().holds(), LabelSymmetric().fails(), Reduces().holds()], ids=str)
def test_a_finding_has_margins_that_agree_with_its_worst_case(claim: object) -> None:
    loss = "mae_classification" if getattr(claim, "verdict", "") == "holds" else "crammer_singer"
    finding = verify_claim(get(loss), claim, "quick", 0, "cpu")  # type: ignore[arg-type]
    assert finding.margins is not None
    assert finding.worst is not None
    assert 0 < finding.margins.none + sum(finding.margins.decades.values()) <= finding.cases
    top = max(finding.margins.decades, default=LOWEST)
    assert 10.0**top <= max(finding.worst, 10.0**LOWEST)
