"""What an attack on one claim found, before it is worded as a finding."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch import Tensor

from losskit.conformance.report import Outcome, Witness
from losskit.conformance.report.model import HIGHEST, LOWEST, Margins

BROKEN = 10.0  # a violation of ten tolerances is no rounding; between one and ten the case is undecided


@dataclass
class Result:
    """Outcome of an attack.

    Attributes:
        outcome: the verdict.
        cases: how many cases were tried.
        worst: the worst violation in units of the tolerance.
        reason: why, where the outcome needs one.
        witness: the counterexample.
        margins: how the violations are spread.
    """

    outcome: Outcome
    cases: int = 0
    worst: float | None = None
    reason: str = ""
    witness: Witness | None = None
    margins: Margins | None = None


class Settled(BaseException):
    """A verdict that further cases cannot change; no ``Exception``, so that nothing on the way takes it for the loss's own.

    Args:
        result: the verdict.
    """

    def __init__(self, result: Result) -> None:
        super().__init__(result.reason)
        self.result = result


@dataclass
class Spread:
    """Counts of violations by decade, as many as were seen: none at all, then ``LOWEST`` to ``HIGHEST``."""

    counts: list[int] = field(default_factory=list)

    def add(self, ratio: Tensor) -> None:
        """Count the violations of a batch, in units of the tolerance."""
        decades = torch.bucketize(ratio, _edges(ratio.dtype, ratio.device), right=True)
        found = torch.bincount(decades, minlength=HIGHEST - LOWEST + 2)
        self.counts = [one + other for one, other in zip(self.counts or [0] * len(found), found.tolist(), strict=True)]

    def margins(self) -> Margins | None:
        """The counts as a report has them; None where nothing was counted."""
        if not self.counts:
            return None
        none, *decades = self.counts
        return Margins(none=none, decades={d: n for d, n in enumerate(decades, LOWEST) if n})


@cache
def _edges(dtype: torch.dtype, device: torch.device) -> Tensor:
    smallest = torch.finfo(dtype).tiny  # the first decade takes whatever is above zero
    return torch.tensor([smallest, *(10.0**d for d in range(LOWEST + 1, HIGHEST + 1))], dtype=dtype, device=device)


@dataclass
class Tally:
    """Cases and the worst violation so far."""

    cases: int = 0
    worst: float = 0.0
    where: Any = field(default=None, repr=False)
    spread: Spread = field(default_factory=Spread)

    def add(self, cases: int, worst: float, where: Any = None) -> bool:
        """Count cases; return whether this is the worst violation yet."""
        self.cases += cases
        if worst > self.worst or self.where is None:
            self.worst = max(self.worst, worst)
            self.where = where
            return True
        return False
