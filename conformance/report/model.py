"""What a verification run returns: one versioned object that tables, JSON, JUnit and HTML are renderings of."""

from __future__ import annotations

import builtins
from typing import Literal

from pydantic import Field

from losskit.spec.model import Frozen, Json

REPORT_VERSION: Literal[2] = 2
Outcome = Literal["held", "confirmed", "refuted", "unconfirmed", "undecided", "error", "not_applicable"]
STOOD: tuple[Outcome, ...] = ("held", "confirmed")
FELL: tuple[Outcome, ...] = ("refuted", "unconfirmed", "undecided")
LOWEST, HIGHEST = -8, 8  # decades of violation that are told apart


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


class Margins(Frozen):
    """How the violations of a claim's cases are spread, in units of the tolerance; above 1 a case breaks the law.

    Attributes:
        none: cases without any violation.
        decades: cases with a violation in ``[10**d, 10**(d + 1))``, by ``d``; the ends (:data:`LOWEST`,
            :data:`HIGHEST`) hold what lies beyond them, too.
    """

    none: int = 0
    decades: dict[int, int] = Field(default_factory=dict)

    def __add__(self, other: Margins) -> Margins:
        places = sorted({*self.decades, *other.decades})
        decades = {d: self.decades.get(d, 0) + other.decades.get(d, 0) for d in places}
        return Margins(none=self.none + other.none, decades=decades)


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
        margins: how the violations of random and climbing cases are spread; None where violations have no size.
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
    margins: Margins | None = None
    reason: str = ""
    witness: Witness | None = None
    seconds: float = 0.0

    @builtins.property  # the field of this name hides it
    def selectable(self) -> bool:
        """Whether this is of a claim of a spec, which a choice of kinds can leave out.

        It leaves out neither the graphs of a folder nor a plugin that does not load: no claim is made of these, and only the
        words of a claim begin with the kind of its property.
        """
        return bool(self.property) and self.claim.startswith(self.property)

    @builtins.property
    def stood(self) -> bool:
        """Whether nothing speaks against the claim: it stands, or does not apply."""
        return self.outcome in (*STOOD, "not_applicable")


EVERY_GRAPH = "every graph"  # what an interrupt leaves of a folder that nobody has looked into


class LossReport(Frozen):
    """All findings of one loss.

    Attributes:
        name: of the loss, or the folder of its graphs.
        findings: a claim each.
        not_run: claims that the run had no time for, because it was interrupted; of a folder ``EVERY_GRAPH``.
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
    def applicable(self) -> int:
        """Claims that could be put to the test; the others are not applicable, and count neither for nor against."""
        return len(self.findings) - self.count("not_applicable")

    @property
    def cases(self) -> int:
        """Cases tried in all."""
        return sum(f.cases for f in self.findings)


class Report(Frozen):
    """A verification run.

    Attributes:
        schema_version: of this object; readers refuse every other.
        profile: how much work was done.
        device: where the losses ran.
        seed: of the search.
        only: the kinds of properties that were checked, all if empty.
        versions: of everything the numbers depend on.
        losses: what was found, a loss at a time.
        seconds: time spent in all.
    """

    schema_version: Literal[2] = REPORT_VERSION
    profile: str
    device: str
    seed: int
    only: tuple[str, ...] = ()
    versions: dict[str, str]
    losses: tuple[LossReport, ...]
    seconds: float = 0.0

    def count(self, *outcomes: Outcome) -> int:
        """How many findings of all losses have one of the outcomes."""
        return sum(loss.count(*outcomes) for loss in self.losses)

    @property
    def applicable(self) -> int:
        """Claims of all losses that could be put to the test."""
        return sum(loss.applicable for loss in self.losses)

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
