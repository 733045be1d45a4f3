"""Graphs against the module: a loss exports when its graphs gave the same numbers, not when writing them succeeded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losskit.export.axes import Dtype, GradientOf
from losskit.export.cases import Case, fresh_cases, make_case
from losskit.export.graphs import recall_graph
from losskit.export.results import CaseResult, Replay
from losskit.export.running import run_cases
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.export.subject import Subject, prepare
from losskit.export.tolerance import Tolerance
from losskit.spec import LossSpec


def compare_graphs(
    spec: LossSpec,
    parameters: Mapping[str, Any] | None = None,
    *,
    reduction: str = "mean",
    device: str = "cpu",
    seed: int = 0,
    gradient: bool = True,
    gradient_of: GradientOf = "sum",
    dtype: Dtype = "float32",
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
        gradient_of: what of the values its gradient is taken of, see :func:`losskit.export.artifact.export`.
        dtype: of the floating-point inputs, ``float16``, ``float32`` or ``float64``.
        tolerance: that of the dtype if left out.

    Returns:
        The cases with their errors; ``ok``, ``max_error``, ``cases`` and ``failure`` sum them up.

    Raises:
        ExportError: a graph cannot be written or loaded; the message names the operator.
        ParameterError: a parameter is unknown or outside its domain.
        MissingExtraError: onnx, onnxscript or ONNX Runtime is not installed.
    """
    subject = prepare(spec, parameters, reduction, dtype=dtype)
    allowed = tolerance or Tolerance.of(dtype)
    runtime = OnnxRuntime(device)
    subject.loss.to(device)
    pulling = subject if gradient_of == "sum" else subject.pulling(gradient_of)
    cases = _cases(subject, seed, device)
    pulled = cases if pulling is subject else _cases(pulling, seed, device)
    subject.loss.to("cpu")
    results: list[CaseResult] = []
    kinds = (("value", False, subject, cases), ("value and gradient", True, pulling, pulled))
    for name, wanted, one, given in kinds[: 1 + gradient]:
        content = recall_graph(one, gradient=wanted)
        results += run_cases(name, content, runtime, one.axes, given, allowed, gradient=wanted)
    return Replay(
        loss=spec.name, parameters=subject.parameters, reduction=reduction, device=device, results=tuple(results)
    )


def _cases(subject: Subject, seed: int, device: str) -> list[Case]:
    traced = make_case(subject, "traced shape", subject.axes.traced, "ordinary", seed, device)
    return [traced, *fresh_cases(subject, seed, device)]
