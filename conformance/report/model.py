"""What a verification run returns: one versioned object that tables, JSON, JUnit and HTML are renderings of."""

from __future__ import annotations

import builtins
from typing import Literal

from losskit.spec.model import Frozen, Json

REPORT_VERSION: Literal[1] = 1
Outcome = Literal["held", "confirmed", "refuted", "unconfirmed", "undecided", "error", "not_applicable"]
STOOD: tuple[Outcome, ...] = ("held", "confirmed", "not_applicable")
FELL: tuple[Outcome, ...] = ("refuted", "unconfirmed", "undecided")


class Witness(Frozen):
    """The smallest counterexample found, and how to see it again.

    Attributes:
        parameters: of the loss.
        inputs: tensors as nested lists.
        left: what the law computes on its left side.
        right: what it should equal, or not exceed.
        detail: what the two sides are, in words.
        command: the command line that finds it again.
        code: a short program with literals that shows it without searching.
    """

    parameters: dict[str, Json]
    inputs: dict[str, Json]
    left: float
    right: float
    detail: str
    command: str = ""
    code: str = ""


class Finding(Frozen):
    """What came of one claim.

    Attributes:
        claim: the claim in words, unique within its loss.
        property: its kind.
        verdict: what the spec says, ``holds`` or ``fails``.
        regime: where, in words; empty where it is everywhere.
        source: who says so.
        outcome: ``held`` (holds, not refuted), ``confirmed`` (fails, witness found), ``refuted`` (holds, witness found),
            ``unconfirmed`` (fails, no witness found), ``undecided`` (the margin is below what the search resolves),
            ``error`` (the harness could not run it), ``not_applicable`` (with a reason).
        cases: how many cases were tried.
        worst: the worst violation seen in units of the tolerance; above 1 the law is broken. None where there is none.
        reason: why not applicable, undecided or in error; or what was measured.
        witness: the counterexample, where one was found.
        seconds: time spent.
    """

    claim: str
    property: str
    verdict: Literal["holds", "fails"]
    regime: str = ""
    source: str = ""
    outcome: Outcome
    cases: int = 0
    worst: float | None = None
    reason: str = ""
    witness: Witness | None = None
    seconds: float = 0.0

    @builtins.property  # the field of this name hides it
    def stood(self) -> bool:
        """Whether the claim stands."""
        return self.outcome in STOOD


class LossReport(Frozen):
    """All findings of one loss.

    Attributes:
        name: of the loss, or the folder of its graphs.
        findings: a claim each.
        not_run: claims that the run had no time for, because it was interrupted.
        seconds: time spent on all of them.
    """

    name: str
    findings: tuple[Finding, ...]
    not_run: tuple[str, ...] = ()
    seconds: float = 0.0

    def count(self, *outcomes: Outcome) -> int:
        """How many findings have one of the outcomes."""
        return sum(f.outcome in outcomes for f in self.findings)

    @property
    def cases(self) -> int:
        """Cases tried in all."""
        return sum(f.cases for f in self.findings)


class Report(Frozen):
    """A verification run."""

    schema_version: Literal[1] = REPORT_VERSION
    profile: str
    device: str
    seed: int
    versions: dict[str, str]
    losses: tuple[LossReport, ...]
    seconds: float = 0.0

    @property
    def interrupted(self) -> bool:
        """Whether claims were left out because the run was interrupted."""
        return any(loss.not_run for loss in self.losses)

    @property
    def exit_code(self) -> int:
        """0 if all claims stand, 1 if a claim fell, 3 if the harness could not run something."""
        findings = [f for loss in self.losses for f in loss.findings]
        if any(f.outcome in FELL for f in findings):
            return 1
        if self.interrupted:
            return 3
        checked = any(f.cases for f in findings)
        return 0 if checked and all(f.stood for f in findings) else 3

    @property
    def ok(self) -> bool:
        """Whether every claim stands and something was checked."""
        return self.exit_code == 0
