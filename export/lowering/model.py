"""A finished graph as an ONNX model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

from losskit.export.extras import onnx, onnx_ir
from losskit.export.lowering.builder import Builder, Node
from losskit.export.lowering.values import DTYPES, Size, Value
from losskit.export.safety import OPSET

IR_VERSION = 10


def to_model(
    g: Builder, outputs: Sequence[Value], names: Sequence[str], word: Callable[[Size], str]
) -> onnx.ModelProto:
    """The nodes that outputs need, in the order they were made, under names that count them.

    Args:
        g: a graph.
        outputs: what it gives.
        names: of the outputs.
        word: a size as the name of an axis.
    """
    nodes = _needed(g, outputs)
    values = {key: _typed(value, key.removeprefix("in:"), word) for key, value in g.inputs.items()}
    constants = _constants(g, nodes, outputs, values)
    written = [_write(node, number, values) for number, node in enumerate(nodes)]
    results = []
    for name, output in zip(names, outputs, strict=True):
        value = values[output.key]
        if value.producer() is None or value in results:  # an input, a constant or a second name
            copy = onnx_ir.node("Identity", [value])
            written.append(copy)
            value = copy.outputs[0]
        results.append(value)
        value.name, value.dtype, value.shape = name, DTYPES[output.dtype], _shape(output, word)
    inputs = [values[key] for key in g.inputs]
    graph = onnx_ir.Graph(inputs, results, nodes=written, initializers=constants, opset_imports={"": OPSET})
    model: onnx.ModelProto = onnx_ir.serde.serialize_model(onnx_ir.Model(graph, ir_version=IR_VERSION))
    return model


def _needed(g: Builder, outputs: Sequence[Value]) -> list[Node]:
    wanted = {output.key for output in outputs}
    kept = []
    for node in reversed(g.nodes):
        if wanted & set(node.outputs):
            wanted |= set(node.inputs)
            kept.append(node)
    return kept[::-1]


def _constants(
    g: Builder, nodes: Sequence[Node], outputs: Sequence[Value], values: dict[str, onnx_ir.Value]
) -> list[onnx_ir.Value]:
    """The constants in the order of their first use."""
    used = dict.fromkeys(chain((key for node in nodes for key in node.inputs), (output.key for output in outputs)))
    found: list[onnx_ir.Value] = []
    for key in used:
        if key in g.constants:
            name = f"const_{len(found)}"
            tensor = onnx_ir.tensor(g.constants[key], name=name)
            values[key] = onnx_ir.Value(
                name=name,
                const_value=tensor,
                shape=onnx_ir.Shape(g.constants[key].shape),
                type=onnx_ir.TensorType(tensor.dtype),
            )
            found.append(values[key])
    return found


def _write(node: Node, number: int, values: dict[str, onnx_ir.Value]) -> onnx_ir.Node:
    inputs = [values[key] if key else None for key in node.inputs]
    written = onnx_ir.node(node.operator, inputs, node.attributes, num_outputs=len(node.outputs))
    for place, (key, output) in enumerate(zip(node.outputs, written.outputs, strict=True)):
        output.name = f"{node.operator.lower()}_{number}" + (f"_{place}" if place else "")
        values[key] = output
    return written


def _typed(value: Value, name: str, word: Callable[[Size], str]) -> onnx_ir.Value:
    return onnx_ir.Value(name=name, shape=_shape(value, word), type=onnx_ir.TensorType(DTYPES[value.dtype]))


def _shape(value: Value, word: Callable[[Size], str]) -> onnx_ir.Shape:
    return onnx_ir.Shape([int(size) if size.is_Integer else word(size) for size in value.shape])
