"""Graphs against the module: a loss exports when its graphs gave the same numbers, not when writing them succeeded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from losskit.export.cases import Case, fresh_cases, make_case
from losskit.export.eager import output_names
from losskit.export.graphs import write_graph
from losskit.export.results import CaseResult, Replay
from losskit.export.runtimes import Runtime
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.export.subject import Subject, prepare
from losskit.export.tolerance import Tolerance, deviation
from losskit.spec import LossSpec
from losskit.spec.errors import ExportError


def compare_graphs(
    spec: LossSpec,
    parameters: Mapping[str, Any] | None = None,
    *,
    reduction: str = "mean",
    device: str = "cpu",
    seed: int = 0,
    gradient: bool = True,
    tolerance: Tolerance | None = None,
) -> Replay:
    """Export a loss in memory and compare its graphs with the module in ONNX Runtime.

    Both graphs run at the traced shape, at shapes never traced (one sample, equal sizes, many samples, smallest sizes) and
    at extreme inputs (ties, +-1e4, tiny, constant, ignored rows); expected are the module's value and its autograd gradient.

    Args:
        spec: of the loss; the module it names is built.
        parameters: by name; defaults for the rest.
        reduction: ``mean``, ``sum`` or ``none``.
        device: ``cpu`` or ``cuda``, for the module and for ONNX Runtime.
        seed: of the inputs.
        gradient: whether to export and compare the value-and-gradient graph, too.
        tolerance: the default one if left out.

    Returns:
        The cases with their errors; ``ok``, ``max_error``, ``cases`` and ``failure`` sum them up.

    Raises:
        ExportError: a graph cannot be written or loaded; the message names the operator.
        ParameterError: a parameter is unknown or outside its domain.
        MissingExtraError: onnx, onnxscript or ONNX Runtime is not installed.
    """
    subject = prepare(spec, parameters, reduction)
    runtime = OnnxRuntime(device)
    subject.loss.to(device)
    cases = [make_case(subject, "traced shape", subject.axes.traced, "ordinary", seed, device)]
    cases += fresh_cases(subject, seed, device)
    subject.loss.to("cpu")
    results: list[CaseResult] = []
    for name, wanted in (("value", False), ("value and gradient", True))[: 1 + gradient]:
        content = write_graph(subject, gradient=wanted)
        results += run_cases(subject, name, content, runtime, cases, wanted, tolerance or Tolerance())
    return Replay(
        loss=spec.name, parameters=subject.parameters, reduction=reduction, device=device, results=tuple(results)
    )


def run_cases(
    subject: Subject,
    graph: str,
    content: bytes,
    runtime: Runtime,
    cases: Iterable[Case],
    gradient: bool,
    tolerance: Tolerance,
) -> list[CaseResult]:
    """Run a file's content on each case and compare.

    Args:
        subject: what the file is of.
        graph: what to call it in the results.
        content: the file.
        runtime: what runs it.
        cases: inputs and expected outputs.
        gradient: whether it computes gradients.
        tolerance: what is allowed.

    Raises:
        ExportError: the runtime refuses the file.
    """
    session = runtime.load(content)
    names = output_names(subject.axes, gradient)
    results = []
    for case in cases:
        common = {"graph": graph, "runtime": runtime.name, "case": case.name, "sizes": case.sizes}
        try:
            found = session.run(case.inputs)
        except ExportError as error:
            results.append(CaseResult(**common, worst=float("inf"), passed=False, reason=str(error)))
            continue
        expected, exact = ({name: side[name] for name in names} for side in (case.expected, case.exact))
        off = deviation(expected, exact, found, tolerance)
        passed = off.worst <= 1
        results.append(
            CaseResult(
                **common, max_error=off.error, worst=off.worst, passed=passed, reason="" if passed else off.where
            )
        )
    return results
