"""The claims of a report as a matrix: a row a loss, a column a kind of property, and what a cell says."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby

from losskit.conformance.report.as_text import NAMES, times
from losskit.conformance.report.model import Finding, Outcome, Report
from losskit.spec.properties import KINDS

GLYPHS: dict[Outcome, str] = {
    "held": "✓",
    "confirmed": "¬",
    "refuted": "✗",
    "unconfirmed": "∅",
    "undecided": "?",
    "error": "!",
    "not_applicable": "–",
}
GRAVEST: tuple[Outcome, ...] = (
    "refuted",
    "unconfirmed",
    "undecided",
    "error",
    "held",
    "confirmed",
    "not_applicable",
)
GROUPS = ("invariance", "analytic", "decision", "relation", "engineering")
ELSEWHERE = "other"  # the group of properties that the vocabulary does not have


@dataclass(frozen=True)
class Entry:
    """A finding with its place in the page."""

    anchor: str
    loss: str
    finding: Finding


@dataclass(frozen=True)
class Cell:
    """The claims of one loss about one kind of property.

    Attributes:
        loss: its name.
        kind: of the property.
        entries: the claims.
    """

    loss: str
    kind: str
    entries: tuple[Entry, ...]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes there are, the gravest first."""
        found = {entry.finding.outcome for entry in self.entries}
        return tuple(outcome for outcome in GRAVEST if outcome in found)

    @property
    def cases(self) -> int:
        """Cases tried for all of the claims."""
        return sum(entry.finding.cases for entry in self.entries)

    @property
    def worst(self) -> float | None:
        """The worst violation among claims with the gravest outcome, in tolerances; None where it has no size."""
        gravest = (entry.finding for entry in self.entries if entry.finding.outcome == self.outcomes[0])
        return max((f.worst for f in gravest if f.worst is not None), default=None)

    @property
    def sentence(self) -> str:
        """All that the cell shows, in words."""
        counts = Counter(entry.finding.outcome for entry in self.entries)
        verdicts = ", ".join(f"{counts[o]} {NAMES[o]}" if len(self.entries) > 1 else NAMES[o] for o in self.outcomes)
        worst = "" if self.worst is None else f"; worst violation {times(self.worst)} the tolerance"
        return f"{self.loss}, {self.kind or 'plugin'}: {verdicts}{worst}; {self.cases:,} cases"


@dataclass(frozen=True)
class Matrix:
    """Rows and columns.

    Attributes:
        groups: the groups of the vocabulary that occur, each with its kinds.
        rows: each loss with its cell for every kind; None where it claims nothing of it.
    """

    groups: tuple[tuple[str, tuple[str, ...]], ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """All columns."""
        return tuple(kind for _, kinds in self.groups for kind in kinds)


def matrix(report: Report) -> Matrix:
    """The matrix of a report; kinds stand in the order of the vocabulary."""
    found = {finding.property for loss in report.losses for finding in loss.findings}
    groups = grouped([kind for kind in KINDS if kind in found] + sorted(found - set(KINDS)))
    kinds = [kind for _, several in groups for kind in several]
    rows = []
    for number, loss in enumerate(report.losses):
        entries = [Entry(anchor(number, place), loss.name, finding) for place, finding in enumerate(loss.findings)]
        cells = [Cell(loss.name, kind, tuple(e for e in entries if e.finding.property == kind)) for kind in kinds]
        rows.append((loss.name, tuple(cell if cell.entries else None for cell in cells)))
    return Matrix(groups, tuple(rows))


def anchor(loss: int, finding: int) -> str:
    """The id of a claim in the page; names of losses may be paths, so it is made of numbers."""
    return f"claim-{loss}-{finding}"


def _group(kind: str) -> str:
    return KINDS[kind].__module__.rpartition(".")[2] if kind in KINDS else ELSEWHERE


def grouped(kinds: list[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Kinds by their groups of the vocabulary, in its order; what it does not have comes last."""
    order = [*GROUPS, *sorted({_group(kind) for kind in kinds} - {*GROUPS})]
    by_group = sorted(kinds, key=lambda kind: order.index(_group(kind)))
    return tuple((name, tuple(several)) for name, several in groupby(by_group, key=_group))
