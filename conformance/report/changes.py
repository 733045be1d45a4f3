"""What changed between two reports: claims that fell, were mended, came, went, or hold more narrowly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from losskit.conformance.report.as_text import NAMES, times
from losskit.conformance.report.model import EVERY_GRAPH, Finding, Outcome, Report
from losskit.spec.model import Frozen

CHANGES_VERSION: Literal[1] = 1
NOTEWORTHY = 0.01  # of the tolerance: smaller violations are rounding, whatever factor lies between two of them
FACTOR = 10.0
Place = tuple[str, str]  # a loss or a folder, and a claim
Kind = Literal["fallen", "mended", "changed", "narrower", "new", "gone"]
SENTENCES: dict[Kind, str] = {
    "fallen": "newly fallen",
    "mended": "mended",
    "changed": "with another outcome",
    "narrower": "held by a narrower margin",
    "new": "new",
    "gone": "gone",
}


class Change(Frozen):
    """One claim that is not what it was.

    Attributes:
        loss: its name.
        claim: in words.
        kind: what happened to it.
        before: its earlier outcome; None where the claim is new.
        after: its outcome now; None where it is gone.
        worst_before: its worst violation in the earlier report, in tolerances.
        worst_after: its worst violation now.
    """

    loss: str
    claim: str
    kind: Kind
    before: Outcome | None
    after: Outcome | None
    worst_before: float | None = None
    worst_after: float | None = None


class Changes(Frozen):
    """All that changed from one report to another.

    Attributes:
        schema_version: of this object.
        settings: how the two runs differ in profile, device, seed and versions, in words.
        absent: losses of the earlier report that the later one says nothing of.
        unchanged: claims with the outcome they had.
        changes: the others.
    """

    schema_version: Literal[1] = CHANGES_VERSION
    settings: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    unchanged: int = 0
    changes: tuple[Change, ...] = ()

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind == kind)


def compare(old: Report, new: Report, factor: float = FACTOR) -> Changes:
    """What changed from ``old`` to ``new``.

    A claim is recognised by its loss and its words. Kinds of properties that one of the runs left out, losses that are
    in ``old`` alone, and claims that an interrupt kept from being run in either are no changes, whatever the other found.

    Args:
        old: the earlier report.
        new: the later one.
        factor: how much larger the worst violation of a claim that held has to be to be reported.
    """
    before, after = _claims(old, new), _claims(new, old)
    verified = {loss.name for loss in new.losses}
    arrived = [place for place in after if place in before or not _cut_off(old, place)]
    left = [place for place in before if place not in after and place[0] in verified and not _cut_off(new, place)]
    changes = tuple(
        change for place in (*arrived, *left) if (change := _change(place, before.get(place), after.get(place), factor))
    )
    return Changes(
        settings=tuple(_settings(old, new)),
        absent=tuple(loss.name for loss in old.losses if loss.name not in verified),
        unchanged=sum(place in before for place in after) - sum(None not in (c.before, c.after) for c in changes),
        changes=changes,
    )


def changes_in_words(changes: Changes) -> str:
    """What changed, a paragraph a kind of change, and what the comparison leaves out."""
    parts = [_paragraph(kind, changes.of(kind)) for kind in SENTENCES if changes.of(kind)]
    same = f"{changes.unchanged:,} claims have the outcome they had in the earlier report."
    asides = [f"Not in this run: {', '.join(changes.absent)}."] if changes.absent else []
    asides += [f"The runs differ in {', '.join(changes.settings)}."] if changes.settings else []
    return "\n\n".join([*parts, " ".join([same, *asides])])


def _claims(report: Report, other: Report) -> dict[Place, Finding]:
    return {
        (loss.name, finding.claim): finding
        for loss in report.losses
        for finding in loss.findings
        if not other.only or finding.property in other.only or not finding.selectable
    }


def _cut_off(report: Report, place: Place) -> bool:
    """Whether an interrupt came before a claim."""
    left = {claim for loss in report.losses if loss.name == place[0] for claim in loss.not_run}
    return place[1] in left or EVERY_GRAPH in left


def _change(place: Place, before: Finding | None, after: Finding | None, factor: float) -> Change | None:
    kind = _kind(before, after, factor)
    if kind is None:
        return None
    return Change(
        loss=place[0],
        claim=place[1],
        kind=kind,
        before=before and before.outcome,
        after=after and after.outcome,
        worst_before=before and before.worst,
        worst_after=after and after.worst,
    )


def _kind(before: Finding | None, after: Finding | None, factor: float) -> Kind | None:
    if after is None:
        return "gone"
    if before is None or before.stood:
        if not after.stood:
            return "fallen"
        if before is None:
            return "new"
    elif after.stood:
        return "mended"
    if before.outcome != after.outcome:
        return "changed"
    return "narrower" if after.outcome == "held" and _narrower(before, after, factor) else None


def _narrower(before: Finding, after: Finding, factor: float) -> bool:
    if before.worst is None or after.worst is None:
        return False
    return after.worst > factor * max(before.worst, NOTEWORTHY / factor)


def _settings(old: Report, new: Report) -> Iterator[str]:
    for name in ("profile", "device", "seed"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield f"{name} ({before}, now {after})"
    for name in sorted({*old.versions, *new.versions}):
        if old.versions.get(name) != new.versions.get(name):
            yield f"{name} ({old.versions.get(name, 'absent')}, now {new.versions.get(name, 'absent')})"


def _paragraph(kind: Kind, changes: tuple[Change, ...]) -> str:
    head = f"{len(changes):,} {'claim' if len(changes) == 1 else 'claims'} {SENTENCES[kind]}:"
    return "\n".join([head, *(f"  {change.loss}: {change.claim}{_detail(change)}" for change in changes)])


def _detail(change: Change) -> str:
    if change.kind == "narrower" and change.worst_before is not None and change.worst_after is not None:
        return f" ({times(change.worst_before)} the tolerance, now {times(change.worst_after)})"
    if change.before and change.after:
        return f" ({NAMES[change.before]}, now {NAMES[change.after]})"
    outcome = change.after or change.before
    return f" ({NAMES[outcome]})" if outcome else ""
