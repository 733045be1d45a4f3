"""What an attack on one claim found, before it is worded as a finding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from losskit.conformance.report import Outcome, Witness

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
    """

    outcome: Outcome
    cases: int = 0
    worst: float | None = None
    reason: str = ""
    witness: Witness | None = None


@dataclass
class Tally:
    """Cases and the worst violation so far."""

    cases: int = 0
    worst: float = 0.0
    where: Any = field(default=None, repr=False)

    def add(self, cases: int, worst: float, where: Any = None) -> bool:
        """Count cases; return whether this is the worst violation yet."""
        self.cases += cases
        if worst > self.worst or self.where is None:
            self.worst = max(self.worst, worst)
            self.where = where
            return True
        return False
