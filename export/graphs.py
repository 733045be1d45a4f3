"""The two ONNX graphs of a loss."""

from __future__ import annotations

import json
from typing import Any

from torch import Tensor

from losskit.export.cases import make_case
from losskit.export.data import draw
from losskit.export.eager import tensors
from losskit.export.extras import onnx
from losskit.export.lowering.errors import NoLoweringError
from losskit.export.numbers import encode
from losskit.export.onnx_graph import Labels, lower, translate
from losskit.export.running import run_cases
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.export.subject import Subject
from losskit.export.symbolic import Trace, trace_symbolically
from losskit.export.tolerance import Tolerance
from losskit.export.tracing import decompose, trace_value, trace_value_and_gradient
from losskit.spec.errors import ExportError, LosskitError, NotExportableError

NO_KERNEL = {"float64": {"Erf"}}  # what an exact form would take more nodes for than the losses that ask for it
KEPT = 64  # graphs a process remembers, some ten kilobytes each
_WRITTEN: dict[tuple[Any, ...], bytes] = {}


def write_graph(subject: Subject, *, gradient: bool) -> bytes:
    """The value graph, or the value-and-gradient graph, as ONNX bytes.

    A loss with an operator that has no lowering here is written by the framework's exporter; the graph's metadata says
    so under ``losskit.writer``, and why.

    Raises:
        NotExportableError: the spec says that the loss cannot be exported.
        ExportError: it turns out so.
    """
    reason = narrowed(subject, "ExportsONNX")
    if reason:
        raise NotExportableError(f"{subject.spec.name} cannot be exported: {reason}")
    reason = narrowed(subject, "DTypeStable") if subject.axes.dtype == "float16" else ""
    if reason:
        raise NotExportableError(f"{subject.spec.name} cannot be exported in float16: {reason}")
    try:
        content = lowered_graph(subject, gradient=gradient)
    except NoLoweringError as missing:
        content = framework_graph(subject, gradient=gradient, reason=str(missing))
    _check_kernels(subject, content)
    return content


def _check_kernels(subject: Subject, content: bytes) -> None:
    """Operators that ONNX Runtime is known to lack in a dtype; any other that it lacks is found when the graph is replayed."""
    dtype = subject.axes.dtype
    lacking = sorted(
        {node.op_type for node in onnx.load_model_from_string(content).graph.node} & NO_KERNEL.get(dtype, set())
    )
    if lacking:
        raise NotExportableError(
            f"{subject.spec.name} cannot be exported in {dtype}: ONNX Runtime has no kernel for the operator {lacking[0]} with "
            f"{dtype}"
        )


def lowered_graph(subject: Subject, *, gradient: bool) -> bytes:
    """A graph written operator by operator from the program that the loss traces to.

    Raises:
        NoLoweringError: an operator has no lowering.
        ExportError: the loss cannot be traced, or it computes something else at sizes that its program excludes.
    """
    trace = trace_symbolically(subject.loss, subject.axes, example_inputs(subject), gradient=gradient)
    content = lower(trace, subject.axes, _labels(subject, gradient, "losskit"))
    _check_excluded(subject, trace, content, gradient)
    return content


def framework_graph(subject: Subject, *, gradient: bool, reason: str = "asked for") -> bytes:
    """A graph written by the framework's exporter: a second opinion, and what is left where a lowering is missing.

    Raises:
        ExportError: the loss cannot be traced or translated.
    """
    inputs = example_inputs(subject)
    if gradient:
        program = trace_value_and_gradient(subject.loss, subject.axes, inputs)
    else:
        program = decompose(trace_value(subject.loss, subject.axes, inputs))
    return translate(program, subject.axes, _labels(subject, gradient, f"torch.onnx: {reason}"))


def _labels(subject: Subject, gradient: bool, writer: str) -> Labels:
    return Labels(subject.spec, subject.parameters, subject.reduction, gradient, subject.axes.gradient_of, writer)


def _check_excluded(subject: Subject, trace: Trace, content: bytes, gradient: bool) -> None:
    """Where the program says nothing of some sizes, the graph has to agree with the loss at the first of them."""
    cases = []
    for sizes in trace.excluded(subject.axes):
        try:
            cases.append(make_case(subject, "excluded sizes", sizes, "ordinary", seed=0))
        except (LosskitError, RuntimeError, IndexError, ValueError):  # the loss refuses these sizes, too
            continue
    if not cases:
        return
    runtime, axes = OnnxRuntime(), subject.axes
    for result in run_cases("the graph", content, runtime, axes, cases, Tolerance.of(axes.dtype), gradient=gradient):
        if not result.passed:
            at = ", ".join(f"{name} = {size}" for name, size in result.sizes.items())
            raise ExportError(f"{subject.spec.name} cannot be exported for every size: at {at}, {result.reason}")


def recall_graph(subject: Subject, *, gradient: bool) -> bytes:
    """What :func:`write_graph` gives, written once in a process for a loss with its parameters, reduction and axes.

    Raises:
        ExportError: as for :func:`write_graph`.
    """
    settings = json.dumps(encode(subject.parameters), sort_keys=True)
    key = (
        type(subject.loss),
        subject.spec.model_dump_json(),
        settings,
        subject.reduction,
        repr(subject.axes),
        gradient,
    )
    if key not in _WRITTEN:
        content = write_graph(subject, gradient=gradient)
        if len(_WRITTEN) >= KEPT:
            del _WRITTEN[next(iter(_WRITTEN))]
        _WRITTEN[key] = content
    return _WRITTEN[key]


def example_inputs(subject: Subject) -> dict[str, Tensor]:
    """Inputs to trace with: every axis of its own size."""
    return tensors(draw(subject.axes, subject.axes.traced, subject.parameters, seed=0))


def narrowed(subject: Subject, kind: str) -> str:
    """Why the spec does not declare an engineering property at these parameters and sizes; empty where it does."""
    for narrowing in subject.spec.narrowed:
        given = {name: subject.parameters.get(name, subject.axes.traced.get(name)) for name in narrowing.when}
        if narrowing.property == kind and all(given[name] in narrowing.when[name] for name in given):
            return narrowing.reason
    return ""
