"""The replay of an artifact folder as a report: one finding a graph and runtime."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from time import perf_counter
from typing import TYPE_CHECKING

from losskit.conformance.report.model import Finding, LossReport
from losskit.spec.errors import ArtifactError, ExportError

if TYPE_CHECKING:
    from losskit.export.results import CaseResult

PROPERTY = "ExportsONNX"


def replayed(directory: str, *, device: str = "cpu", runtimes: Sequence[str] = ("ort",), seed: int = 0) -> LossReport:
    """Replay an artifact folder against the loss it is of; see :func:`losskit.export.replay.verify`.

    A folder that is incomplete, unsafe or changed does not say what its manifest says: that claim has fallen. A runtime
    that is not ready, and a graph that cannot be run, are errors.

    Raises:
        MissingExtraError: what replays graphs is not installed.
        ExportError: there is no such runtime.
    """
    from losskit.export.replay import verify
    from losskit.export.runtimes.table import select

    start = perf_counter()
    missing = tuple(
        _finding(f"{kind.title} can be asked", "error", f"runtime {kind.name}: {advice}")
        for kind in select(runtimes)
        if (advice := kind.advice())
    )
    ready = [kind.name for kind in select(runtimes) if not kind.advice()]
    try:
        # seed 0 drew the stored inputs
        findings = missing
        if ready:
            replay = verify(directory, device=device, runtimes=ready, seed=seed + 1)
            left_out = (_finding(_claim(n.graph, n.runtime), "not_applicable", n.reason) for n in replay.not_taken)
            findings = (*_findings(replay.results), *left_out, *missing)
    except ArtifactError as error:
        findings = (_finding("the files are those of the manifest", "refuted", str(error)),)
    except ExportError as error:
        findings = (_finding("the graphs can be run", "error", str(error)),)
    return LossReport(name=directory, findings=findings, seconds=perf_counter() - start)


def _findings(results: Sequence[CaseResult]) -> tuple[Finding, ...]:
    def place(result: CaseResult) -> tuple[str, str]:
        return result.graph, result.runtime

    return tuple(
        _summary(graph, runtime, list(cases))
        for (graph, runtime), cases in groupby(sorted(results, key=place), key=place)
    )


def _summary(graph: str, runtime: str, cases: list[CaseResult]) -> Finding:
    failed = [case for case in cases if not case.passed]
    worst = max(cases, key=lambda case: case.worst)
    return Finding(
        claim=_claim(graph, runtime),
        property=PROPERTY,
        verdict="holds",
        outcome="refuted" if failed else "held",
        cases=len(cases),
        worst=worst.worst,
        reason="; ".join(_sentence(case) for case in failed) or f"largest difference {worst.max_error:.3g}",
    )


def _claim(graph: str, runtime: str) -> str:
    return f"{graph} in {runtime} equals the module"


def _sentence(case: CaseResult) -> str:
    sizes = ", ".join(f"{name}={size}" for name, size in case.sizes.items())
    return f"{case.case} ({sizes}): {case.reason}"


def _finding(claim: str, outcome: str, reason: str) -> Finding:
    given = {"claim": claim, "property": PROPERTY, "verdict": "holds", "outcome": outcome, "reason": reason}
    return Finding.model_validate(given)
