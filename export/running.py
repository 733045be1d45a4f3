"""One file on many inputs: what it computes beside what the module computes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from losskit.export.axes import Axes
from losskit.export.cases import Case
from losskit.export.eager import output_names
from losskit.export.results import CaseResult
from losskit.export.runtimes import RefusedSizesError, Runtime, Session
from losskit.export.tolerance import Deviation, Tolerance, deviation
from losskit.spec.errors import ExportError


def run_cases(
    graph: str,
    content: bytes,
    runtime: Runtime,
    axes: Axes,
    cases: Iterable[Case],
    tolerance: Tolerance,
    *,
    gradient: bool,
) -> Iterator[CaseResult]:
    """Run a file's content on each case and compare.

    A program may refuse axes shorter than it was traced with: it says so, and gives no wrong number.

    Args:
        graph: what to call the file in the results.
        content: of the file.
        runtime: what runs it.
        axes: of the loss.
        cases: inputs and expected outputs.
        tolerance: what is allowed.
        gradient: whether the file computes gradients.

    Raises:
        ExportError: the runtime refuses the file.
    """
    session = runtime.load(content)
    names = output_names(axes, gradient)
    for case in cases:
        shorter = all(size <= axes.traced[name] for name, size in case.sizes.items()) and case.sizes != axes.traced
        off, passed = _run(session, case, names, tolerance, may_refuse=shorter)
        yield CaseResult(
            graph=graph,
            runtime=runtime.name,
            case=case.name,
            sizes=case.sizes,
            max_error=off.error,
            worst=off.worst,
            passed=passed,
            reason=off.where,
        )


def _run(
    session: Session, case: Case, names: tuple[str, ...], tolerance: Tolerance, *, may_refuse: bool
) -> tuple[Deviation, bool]:
    try:
        found = session.run(case.inputs)
    except RefusedSizesError as error:
        return Deviation(worst=0.0 if may_refuse else math.inf, where=str(error)), may_refuse
    except ExportError as error:
        return Deviation(worst=math.inf, where=str(error)), False
    off = deviation({name: case.expected[name] for name in names}, case.rounding, found, tolerance)
    if off.worst <= 1:
        return Deviation(off.error, off.worst), True
    return off, False
