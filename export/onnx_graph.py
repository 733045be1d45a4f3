"""From a traced program to ONNX bytes: standard operators, the spec's names, nothing of the machine that wrote them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import torch
from torch.export import ExportedProgram

from losskit.export.axes import Axes, GradientOf
from losskit.export.eager import output_names
from losskit.export.extras import onnx
from losskit.export.lowering import NoLoweringError, to_model, walk
from losskit.export.manifest import DataSet, Graph, Tensor
from losskit.export.numbers import encode
from losskit.export.quiet import quiet, root_cause
from losskit.export.safety import OPSET, operators, read_graph
from losskit.export.symbolic import Trace
from losskit.export.translations import shared_registry
from losskit.spec import LossSpec
from losskit.spec.errors import ArtifactError, ExportError

_SYMBOL = re.compile(r"\b[su]\d+\b")


@dataclass(frozen=True)
class Labels:
    """What a graph says of itself."""

    spec: LossSpec
    parameters: Mapping[str, Any]
    reduction: str
    gradient: bool
    gradient_of: GradientOf = "sum"
    writer: str = "losskit"

    def metadata(self) -> dict[str, str]:
        """Entries of the graph's metadata, all under ``losskit.``."""
        return {
            "losskit.gradient": json.dumps(self.gradient),
            **({"losskit.gradient_of": self.gradient_of} if self.gradient_of != "sum" else {}),
            "losskit.loss": self.spec.name,
            "losskit.parameters": json.dumps(encode(self.parameters), sort_keys=True),
            "losskit.reduction": self.reduction,
            "losskit.spec": self.spec.model_dump_json(),
            "losskit.writer": self.writer,
        }


def lower(trace: Trace, axes: Axes, labels: Labels) -> bytes:
    """A traced loss as the bytes of an ONNX file, operator by operator; the same bytes from every process.

    Raises:
        NoLoweringError: an operator has no lowering.
        ExportError: the graph breaks the rules of :mod:`losskit.export.safety`.
    """
    try:
        g, outputs = walk(trace.graph, [entry.name for entry in axes.inputs])
        model = to_model(g, outputs, output_names(axes, labels.gradient), trace.worded)
    except NoLoweringError as error:
        raise NoLoweringError(f"{labels.spec.name} cannot be lowered: {error}") from error
    return _finished(model, axes, labels)


def translate(program: ExportedProgram, axes: Axes, labels: Labels) -> bytes:
    """A program as the bytes of an ONNX file, by the framework's exporter; the same bytes from every process.

    Args:
        program: in core operators, from :mod:`losskit.export.tracing`.
        axes: names of inputs and axes.
        labels: what goes into the metadata.

    Raises:
        ExportError: an operator has no translation, or the graph breaks the rules of :mod:`losskit.export.safety`.
    """
    names = output_names(axes, labels.gradient)
    model = _translated(program, [entry.name for entry in axes.inputs], list(names), labels.spec.name)
    _count_axes_from_the_front(model)
    return _finished(model, axes, labels)


def _finished(model: onnx.ModelProto, axes: Axes, labels: Labels) -> bytes:
    _clean(model, labels)
    _name_axes(model, axes, labels)
    content: bytes = model.SerializeToString(deterministic=True)
    try:
        read_graph(content, f"{labels.spec.name}: the graph")
    except ArtifactError as error:
        raise ExportError(str(error)) from error
    return content


def _translated(program: ExportedProgram, inputs: list[str], outputs: list[str], name: str) -> onnx.ModelProto:
    try:
        with quiet(), shared_registry():
            translated = torch.onnx.export(
                program, (), dynamo=True, verbose=False, input_names=inputs, output_names=outputs, opset_version=OPSET
            )
    except Exception as error:
        raise ExportError(f"{name} cannot be written as ONNX: {root_cause(error)}") from error
    if translated is None:
        raise ExportError(f"{name} cannot be written as ONNX: the exporter returned nothing")
    model: onnx.ModelProto = translated.model_proto
    return model


def _count_axes_from_the_front(model: onnx.ModelProto) -> None:
    """``axis=-1`` is valid, yet ONNX's own reference evaluator stumbles over it in these operators."""
    inferred = onnx.shape_inference.infer_shapes(model).graph
    ranks = {e.name: len(e.type.tensor_type.shape.dim) for e in (*inferred.input, *inferred.value_info)}
    for node in model.graph.node:
        if node.op_type in ("GatherElements", "ScatterElements") and node.input[0] in ranks:
            for attribute in node.attribute:
                if attribute.name == "axis" and attribute.i < 0:
                    attribute.i += ranks[node.input[0]]


def _clean(model: onnx.ModelProto, labels: Labels) -> None:
    """Take out what the exporter adds: source paths, stack traces, inferred shapes; put in who and what this is."""
    graph = model.graph
    for position, node in enumerate(graph.node):
        node.name = f"{node.op_type}_{position}"
        node.ClearField("doc_string")
        del node.metadata_props[:]
    for entry in (*graph.input, *graph.output, *graph.initializer):
        entry.ClearField("doc_string")
        del entry.metadata_props[:]
    del graph.value_info[:]
    del graph.metadata_props[:]
    graph.ClearField("doc_string")
    graph.name = labels.spec.name
    model.ClearField("doc_string")
    model.ClearField("model_version")
    model.domain = ""
    model.producer_name = "losskit"
    model.producer_version = version("losskit")
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, labels.metadata())


def _name_axes(model: onnx.ModelProto, axes: Axes, labels: Labels) -> None:
    """Give dynamic axes the names of the spec's shape symbols in place of the tracer's."""
    known: dict[str, str] = {}
    for entry in model.graph.input:
        for name, axis in zip(axes.shapes[entry.name], entry.type.tensor_type.shape.dim, strict=True):
            if axis.HasField("dim_param"):
                known[axis.dim_param] = name
    for entry in (*model.graph.input, *model.graph.output):
        for axis in entry.type.tensor_type.shape.dim:
            if axis.HasField("dim_param"):
                axis.dim_param = _SYMBOL.sub(lambda match: known.get(match[0], match[0]), axis.dim_param)
    _name_value_axes(model.graph.output[0].type.tensor_type.shape, labels.spec.output)


def _name_value_axes(shape: onnx.TensorShapeProto, symbols: tuple[str, ...]) -> None:
    """Give an axis whose size depends on the data, such as the number of positives, the name the spec has for it."""
    if len(shape.dim) == len(symbols):
        for axis, symbol in zip(shape.dim, symbols, strict=True):
            if _SYMBOL.search(axis.dim_param):
                axis.dim_param = symbol


def describe_graph(
    content: bytes, file: str, gradient: bool, gradient_of: GradientOf, data_sets: Sequence[DataSet]
) -> Graph:
    """What a manifest says of a graph, read back from its bytes."""
    model = onnx.load_model_from_string(content)
    return Graph(
        file=file,
        gradient=gradient,
        gradient_of=gradient_of,
        inputs=tuple(_describe(entry) for entry in model.graph.input),
        outputs=tuple(_describe(entry) for entry in model.graph.output),
        nodes=len(model.graph.node),
        operators=operators(model),
        data_sets=tuple(data_sets),
        writer=next((entry.value for entry in model.metadata_props if entry.key == "losskit.writer"), ""),
    )


def _describe(entry: onnx.ValueInfoProto) -> Tensor:
    kind = entry.type.tensor_type
    shape = tuple(axis.dim_param or axis.dim_value for axis in kind.shape.dim)
    return Tensor(name=entry.name, dtype=onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type).name, shape=shape)
