"""Runtimes by name on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING

from losskit.cli import output
from losskit.cli.extensions import completions, names
from losskit.cli.page import Block, Grid, Heading, Paragraph
from losskit.cli.progress import progress
from losskit.registry.extensions import RUNTIMES, TARGETS, every, get, own

if TYPE_CHECKING:
    from losskit.conformance.report import LossReport, Report

DEFAULT = "ort"
check_runtimes = names(RUNTIMES, "all")
complete_runtimes = completions(RUNTIMES, "all")


def known_runtimes() -> str:
    """The names for a help text; those of extensions are not looked up for it."""
    return f"{', '.join(own(RUNTIMES))}, all, or one of an extension"


def warn_of_programs(runtimes: Sequence[str]) -> None:
    """Say which files will be loaded although loading them runs what they hold."""
    chosen = every(RUNTIMES).values() if "all" in runtimes else (get(RUNTIMES, name) for name in runtimes)
    targets = (get(TARGETS, offer.record.runs) for offer in chosen if offer is not None)
    files = dict.fromkeys(target.record.file for target in targets if target is not None and target.record.program)
    if files:
        verb = "is a program" if len(files) == 1 else "are programs"
        output.hint(f"{' and '.join(files)} {verb}: loading one runs what it holds, so name only folders you trust")


def replay(
    folders: Sequence[str],
    runtimes: Sequence[str],
    *,
    device: str = "cpu",
    seed: int = 0,
    stopped: bool = False,
) -> Report:
    """Replay artifact folders, saying on stderr how far it is; what an interrupt leaves is reported as not run.

    Args:
        folders: written by ``losskit export``.
        runtimes: where to replay.
        device: ``cpu`` or ``cuda``.
        seed: of the fresh inputs.
        stopped: whether the run was interrupted before it came to these folders.
    """
    from losskit.conformance.engine import versions
    from losskit.conformance.report import LossReport, Report, line
    from losskit.conformance.report.from_replay import replayed
    from losskit.conformance.report.model import EVERY_GRAPH

    start = perf_counter()
    losses: list[LossReport] = []
    with output.aside(), progress("replaying", line) as callback, suppress(KeyboardInterrupt):
        callback(0, len(folders), None)
        for folder in () if stopped else folders:
            losses.append(replayed(folder, device=device, runtimes=runtimes, seed=seed))
            callback(len(losses), len(folders), losses[-1])
    losses += [LossReport(name=name, findings=(), not_run=(EVERY_GRAPH,)) for name in folders[len(losses) :]]
    return Report(
        profile="replay",
        device=device,
        seed=seed,
        versions=versions(),
        losses=tuple(losses),
        seconds=perf_counter() - start,
    )


def page_of_replay(report: Report) -> list[Block]:
    """Each graph in each runtime with how far it was off."""
    rows = tuple(
        (loss.name, finding.claim, finding.outcome, finding.reason)
        for loss in report.losses
        for finding in loss.findings
    )
    from losskit.conformance.report import conclusion

    return [Heading("Replayed"), Grid(("folder", "claim", "verdict", "reason"), rows), Paragraph(conclusion(report))]
