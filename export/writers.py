"""Writes losskit's own export targets: ONNX graphs with test vectors, and torch's own programs."""

from __future__ import annotations

from losskit.export.cases import stored_cases
from losskit.export.dynamic import Turned
from losskit.export.folder import digest
from losskit.export.golden import golden_files, wrong_cases
from losskit.export.graphs import example_inputs, narrowed, write_graph
from losskit.export.layout import (
    GRADIENT_COPY,
    GRADIENT_FILE,
    GRADIENT_FOLDER,
    PT2_FILE,
    TORCHSCRIPT_FILE,
    VALUE_FILE,
)
from losskit.export.manifest import DataSet
from losskit.export.numbers import encode
from losskit.export.onnx_graph import describe_graph
from losskit.export.pt2 import to_pt2
from losskit.export.subject import Subject
from losskit.export.targets import Order, Written
from losskit.export.torchscript import to_torchscript
from losskit.export.tracing import trace_value


def write_onnx(order: Order) -> Written:
    """The ONNX files with their data sets, each graph beside its own in the layout of ONNX's test runners.

    Raises:
        ExportError: the loss cannot be exported.
    """
    subject, seed = order.subject, order.seed
    described = {
        "loss": subject.spec.name,
        "parameters": encode(subject.parameters),
        "reduction": subject.reduction,
        "dtype": subject.axes.dtype,
        "seed": seed,
        "spec_sha256": digest(spec_json(subject)),
    }
    files: dict[str, bytes] = {}
    graphs = []
    kinds = ((subject, VALUE_FILE, "", False), (order.pulling, GRADIENT_FILE, f"{GRADIENT_FOLDER}/", True))
    for one, file, prefix, gradient in kinds[: 1 + order.grad]:
        stored, content = stored_cases(one, seed), write_graph(one, gradient=gradient)
        wrong = wrong_cases(one, seed)
        files[file] = content
        files |= golden_files(one, content, stored, wrong, prefix, described, order.tolerance, gradient=gradient)
        sets = [DataSet(folder=f"{prefix}test_data_set_{n}", sizes=case.sizes) for n, case in enumerate(stored)]
        graphs.append(describe_graph(content, file, gradient, one.axes.gradient_of if gradient else "sum", sets))
        if gradient:
            files[GRADIENT_COPY] = content
    return Written(files, tuple(graphs))


def write_torchscript(order: Order) -> Written:
    """The scripted module, or the reason why the spec says that there is none.

    Raises:
        ExportError: the module cannot be scripted.
    """
    reason = _taken_as_inputs(order.subject) or narrowed(order.subject, "Scripts")
    if reason:
        return Written(omitted={TORCHSCRIPT_FILE: reason})
    return Written({TORCHSCRIPT_FILE: to_torchscript(order.subject.loss)}, reproducible=False)


def write_pt2(order: Order) -> Written:
    """The program of torch.export.

    Raises:
        ExportError: the program cannot be saved.
    """
    subject = order.subject
    reason = _taken_as_inputs(subject)
    if reason:
        return Written(omitted={PT2_FILE: reason})
    program = trace_value(subject.loss, subject.axes, example_inputs(subject))
    return Written({PT2_FILE: to_pt2(program)}, reproducible=False)


def spec_json(subject: Subject) -> bytes:
    """The spec as it lies in the folder."""
    return subject.spec.model_dump_json(indent=2).encode()


def _taken_as_inputs(subject: Subject) -> str:
    return f"only graphs take {', '.join(subject.loss.names)} as inputs" if isinstance(subject.loss, Turned) else ""
