"""A report in words: one line a loss, one block a claim that does not stand, one sentence for the whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from textwrap import indent
from typing import Any

from losskit.conformance.report.model import FELL, Finding, LossReport, Report

LONGEST = 600  # characters of an input shown in words; the code and the JSON report always hold all of it
WORDS = {
    "held": "not refuted",
    "confirmed": "confirmed by a witness",
    "refuted": "refuted",
    "unconfirmed": "claimed to fail, but no witness was found",
    "undecided": "undecided: the margin is below what the search resolves",
    "error": "could not be checked",
    "not_applicable": "not applicable",
}


def line(loss: LossReport) -> str:
    """One loss in one line."""
    fell, failed = loss.count(*FELL), loss.count("error")
    words = [f"{len(loss.findings) - fell - failed} of {len(loss.findings)} claims stand"]
    words += [f"{fell} fell"] if fell else []
    words += [f"{failed} could not be checked"] if failed else []
    words += [f"{len(loss.not_run)} not run"] if loss.not_run else []
    return f"{loss.name}: {', '.join(words)} ({loss.cases:,} cases, {duration(loss.seconds)})"


def conclusion(report: Report) -> str:
    """The whole run in one sentence; in two where it was interrupted."""
    left = sum(len(loss.not_run) for loss in report.losses)
    if left:
        return f"Interrupted: {_count(left, 'claim')} not run. {_of_what_was_run(report)}"
    return _of_what_was_run(report)


def left_out(report: Report) -> Iterator[str]:
    """The claims that were not run, a line a loss."""
    for loss in report.losses:
        if loss.not_run:
            yield f"{loss.name}, not run: {'; '.join(loss.not_run)}"


def _of_what_was_run(report: Report) -> str:
    claims = sum(len(loss.findings) for loss in report.losses)
    fell = sum(loss.count(*FELL) for loss in report.losses)
    failed = sum(loss.count("error") for loss in report.losses)
    cases = sum(loss.cases for loss in report.losses)
    run = f"{report.profile} profile, {report.device}, seed {report.seed}, {cases:,} cases, {duration(report.seconds)}"
    if fell or failed:
        parts = [f"{fell} fell"] if fell else []
        parts += [f"{failed} could not be checked"] if failed else []
        return f"Of {_count(claims, 'claim')} {' and '.join(parts)} ({run})."
    if not cases:
        return f"Nothing was checked ({run})."
    losses = sum(bool(loss.findings) for loss in report.losses)
    return f"All {_count(claims, 'claim')} of {_count(losses, 'loss', 'losses')} stand ({run})."


def block(loss: str, finding: Finding) -> str:
    """A claim that does not stand, with its witness and what reproduces it."""
    return "\n".join([f"{loss}: {finding.claim}", *(indent(part, "  ") for part in _parts(finding))])


def duration(seconds: float) -> str:
    """Time for people: ``0.42 s``, ``12.3 s``, ``2 min 31 s``."""
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def words(values: Mapping[str, Any]) -> str:
    """Named values as ``tau = 1.5, target = [0, 2]``; a long one is cut, and says so."""
    return ", ".join(f"{name} = {_literal(value)}" for name, value in values.items())


def _parts(finding: Finding) -> Iterator[str]:
    yield WORDS[finding.outcome] + (f" after {finding.cases:,} cases" if finding.cases else "")
    if finding.worst is not None:
        yield f"worst violation: {_times(finding.worst)} the tolerance"
    if finding.reason:
        yield f"reason: {finding.reason}"
    if finding.source:
        yield f"source of the claim: {finding.source}"
    witness = finding.witness
    if witness is None:
        return
    if witness.parameters:
        yield f"parameters: {words(witness.parameters)}"
    for name, value in witness.inputs.items():
        yield f"{name} = {_literal(value)}"
    yield f"left:  {witness.left!r}"
    yield f"right: {witness.right!r}"
    yield f"({witness.detail})"
    if witness.command:
        yield f"find it again: {witness.command}"
    if witness.code:
        yield "see it again without searching:"
        yield indent(witness.code.rstrip(), "    ")


def _times(worst: float) -> str:
    return f"{worst:.6g} times" if worst < 1e300 else "infinitely often"


def _literal(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ... ({len(text):,} characters)"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
