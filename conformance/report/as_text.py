"""A report in words: one line a loss, one block a claim that does not stand, one sentence for the whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from textwrap import indent
from typing import Any

from losskit.conformance.report.model import FELL, STOOD, Finding, LossReport, Outcome, Report
from losskit.spec.properties.base import PROPOSAL

LONGEST = 600  # characters of an input shown in words; the code and the JSON report always hold all of it
NAMES: dict[Outcome, str] = {
    "held": "held",
    "confirmed": "confirmed failure",
    "refuted": "refuted",
    "unconfirmed": "unconfirmed failure",
    "undecided": "undecided",
    "error": "error",
    "not_applicable": "not applicable",
}
MEANINGS: dict[Outcome, str] = {
    "held": "not refuted",
    "confirmed": "it is claimed to fail, and a witness was found",
    "refuted": "a counterexample was found",
    "unconfirmed": "it is claimed to fail, but no witness was found",
    "undecided": "the margin is below what the search resolves",
    "error": "it could not be checked",
    "not_applicable": "there is nothing to check here",
}


def line(loss: LossReport) -> str:
    """One loss in one line."""
    words = [standing(loss), *_against(loss)]
    words += [f"{len(loss.not_run)} not run"] if loss.not_run else []
    return f"{loss.name}: {', '.join(words)} ({loss.cases:,} cases, {duration(loss.seconds)})"


def standing(found: LossReport | Report) -> str:
    """How many claims stand, of those that apply: ``30 of 30 claims stand, 2 not applicable``."""
    apart = found.count("not_applicable")
    stand = f"{found.count(*STOOD):,} of {found.applicable:,} claims stand"
    return f"{stand}, {apart:,} not applicable" if apart else stand


def conclusion(report: Report) -> str:
    """The whole run in one sentence; in two where it was interrupted."""
    left = sum(len(loss.not_run) for loss in report.losses)
    words = [f"Interrupted: {_count(left, 'claim')} not run."] if left else []
    return " ".join([*words, _of_what_was_run(report), *_proposals(report)])


def _proposals(report: Report) -> Iterator[str]:
    """What a run says of claims that nobody has given a source."""
    proposed = sum(f.source.startswith(PROPOSAL) for loss in report.losses for f in loss.findings)
    if proposed:
        verb, them = ("is a proposal", "it") if proposed == 1 else ("are proposals", "them")
        yield f"{_count(proposed, 'claim')} {verb} without a source: a search found {them}, and no search proves one."


def left_out(report: Report) -> Iterator[str]:
    """The claims that were not run, a line a loss."""
    for loss in report.losses:
        if loss.not_run:
            yield f"{loss.name}, not run: {'; '.join(loss.not_run)}"


def _of_what_was_run(report: Report) -> str:
    cases = sum(loss.cases for loss in report.losses)
    run = f"{report.profile} profile, {report.device}, seed {report.seed}, {cases:,} cases, {duration(report.seconds)}"
    claims = _count(report.applicable, "claim")
    apart = report.count("not_applicable")
    aside = f"; {apart:,} not applicable" if apart else ""
    if _against(report):
        return f"Of {claims} {' and '.join(_against(report))}{aside} ({run})."
    if not cases:
        return f"Nothing was checked{aside} ({run})."
    losses = sum(bool(loss.findings) for loss in report.losses)
    return f"All {claims} of {_count(losses, 'loss', 'losses')} stand{aside} ({run})."


def _against(found: LossReport | Report) -> list[str]:
    fell, failed = found.count(*FELL), found.count("error")
    return [f"{fell:,} fell"] * (fell > 0) + [f"{failed:,} could not be checked"] * (failed > 0)


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
    tried = f" ({finding.cases:,} cases)" if finding.cases else ""
    yield f"{NAMES[finding.outcome]}: {MEANINGS[finding.outcome]}{tried}"
    if finding.worst is not None:
        yield f"worst violation: {times(finding.worst)} the tolerance"
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


def times(worst: float) -> str:
    """A violation in tolerances."""
    return f"{worst:.6g} times" if worst < 1e300 else "infinitely often"


def _literal(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ... ({len(text):,} characters)"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
