"""The two ONNX graphs of a loss."""

from __future__ import annotations

import json
from typing import Any

from torch import Tensor

from losskit.export.data import draw
from losskit.export.eager import tensors
from losskit.export.numbers import encode
from losskit.export.onnx_graph import Labels, translate
from losskit.export.subject import Subject
from losskit.export.tracing import decompose, trace_value, trace_value_and_gradient
from losskit.spec.errors import ExportError

KEPT = 64  # graphs a process remembers, some ten kilobytes each
_WRITTEN: dict[tuple[Any, ...], bytes] = {}


def write_graph(subject: Subject, *, gradient: bool) -> bytes:
    """The value graph, or the value-and-gradient graph, as ONNX bytes.

    Raises:
        ExportError: the spec says that the loss cannot be exported, or it turns out so.
    """
    reason = narrowed(subject, "ExportsONNX")
    if reason:
        raise ExportError(f"{subject.spec.name} cannot be exported: {reason}")
    inputs = example_inputs(subject)
    if gradient:
        program = trace_value_and_gradient(subject.loss, subject.axes, inputs)
    else:
        program = decompose(trace_value(subject.loss, subject.axes, inputs))
    return translate(program, subject.axes, Labels(subject.spec, subject.parameters, subject.reduction, gradient))


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
