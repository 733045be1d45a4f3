"""The graph that the framework's exporter writes in one step, which is what users of a foreign loss run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.export import Dim

from losskit.export.cases import fresh_cases, make_case
from losskit.export.eager import VALUE
from losskit.export.graphs import example_inputs
from losskit.export.quiet import quiet, root_cause
from losskit.export.results import Replay
from losskit.export.running import run_cases
from losskit.export.runtimes.onnxruntime import OnnxRuntime
from losskit.export.subject import Subject, prepare
from losskit.export.tolerance import Tolerance
from losskit.spec import LossSpec
from losskit.spec.errors import ExportError

CALL = "torch.onnx.export(dynamo=True)"


def plain_graph(subject: Subject) -> bytes:
    """The value as ``torch.onnx.export(dynamo=True)`` writes it, every free axis dynamic.

    Raises:
        ExportError: it fails; the message holds the first line of the root cause.
    """
    axes, inputs = subject.axes, example_inputs(subject)
    shapes = {
        entry.name: {place: Dim.DYNAMIC for place, name in enumerate(axes.shapes[entry.name]) if name in axes.dynamic}
        for entry in axes.inputs
    }
    try:
        with quiet():
            written = torch.onnx.export(
                subject.loss,
                (),
                kwargs=inputs,
                dynamic_shapes=shapes,
                input_names=list(inputs),
                output_names=[VALUE],
                dynamo=True,
                verbose=False,
            )
    except Exception as error:
        raise ExportError(f"{subject.spec.name}: {CALL} fails: {root_cause(error)}") from error
    if written is None:
        raise ExportError(f"{subject.spec.name}: {CALL} returned nothing")
    content: bytes = written.model_proto.SerializeToString()
    return content


def compare_plain_graph(
    spec: LossSpec,
    parameters: Mapping[str, Any] | None = None,
    *,
    reduction: str = "mean",
    device: str = "cpu",
    seed: int = 0,
) -> Replay:
    """Export a loss in one step and compare the graph with the module in ONNX Runtime, at the cases of other graphs.

    Args:
        spec: of the loss.
        parameters: by name; defaults for the rest.
        reduction: ``mean``, ``sum`` or ``none``.
        device: ``cpu`` or ``cuda``, for the module and for ONNX Runtime.
        seed: of the inputs.

    Raises:
        ExportError: the graph cannot be written or loaded.
    """
    subject = prepare(spec, parameters, reduction)
    content = plain_graph(subject)
    subject.loss.to(device)
    cases = [make_case(subject, "traced shape", subject.axes.traced, "ordinary", seed, device)]
    cases += fresh_cases(subject, seed, device)
    found = run_cases(CALL, content, OnnxRuntime(device), subject.axes, cases, Tolerance(), gradient=False)
    return Replay(
        loss=spec.name, parameters=subject.parameters, reduction=reduction, device=device, results=tuple(found)
    )
