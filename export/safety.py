"""What a graph may hold. Foreign files are read with the same eyes as our own: nothing outside it, nothing hidden in it."""

from __future__ import annotations

from collections.abc import Iterator

from losskit.export.extras import onnx
from losskit.spec.errors import ArtifactError

OPSET = 18
MAX_BYTES = 64 * 2**20
MAX_NODES = 10_000
STANDARD = ("", "ai.onnx")
REFUSED = frozenset({
    "If", "Loop", "Scan", "SequenceMap",  # hide further graphs
    "Bernoulli", "Dropout", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",
    "NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss",  # functions; exporters fill them in wrongly
})  # fmt: skip


def read_graph(content: bytes, name: str) -> onnx.ModelProto:
    """Parse a graph and refuse what an exported loss never holds. Nothing outside ``content`` is read.

    Args:
        content: the file.
        name: what to call it in a message.

    Raises:
        ArtifactError: too large, not ONNX, invalid, or with external data, functions, foreign domains, another opset,
            subgraphs or operators that the standard does not know.
    """
    if len(content) > MAX_BYTES:
        raise ArtifactError(f"{name} has {len(content)} bytes, at most {MAX_BYTES} are read")
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # the parser's own exception type is not public
        raise ArtifactError(f"{name} is no ONNX file") from error
    refusal = next(objections(model), None)
    if refusal is not None:
        raise ArtifactError(f"{name} {refusal}")
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ArtifactError(f"{name} is no valid ONNX graph: {str(error).strip().splitlines()[0]}") from error
    return model


def objections(model: onnx.ModelProto) -> Iterator[str]:
    """Reasons to refuse a graph, as ends of sentences."""
    graph = model.graph
    if len(graph.node) > MAX_NODES:
        yield f"has {len(graph.node)} nodes, at most {MAX_NODES} are read"
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    foreign = sorted(domain for domain in opsets if domain not in STANDARD)
    if foreign:
        yield f"uses the operator domain {foreign[0]!r}, expected the standard domain only"
    if model.functions:
        yield f"defines the function {model.functions[0].name!r}, expected operators only"
    version = next((opsets[domain] for domain in STANDARD if domain in opsets), None)
    if version != OPSET:
        yield f"is written in opset {version}, expected {OPSET}"
    if graph.sparse_initializer:
        yield "holds sparse constants, expected dense ones"
    yield from _objections_to_tensors(model)
    for node in graph.node:
        yield from _objections_to_node(node)


def operators(model: onnx.ModelProto) -> tuple[str, ...]:
    """Operators of a graph, sorted."""
    return tuple(sorted({node.op_type for node in model.graph.node}))


def _objections_to_tensors(model: onnx.ModelProto) -> Iterator[str]:
    constants = [a.t for node in model.graph.node for a in node.attribute if a.HasField("t")]
    for tensor in (*model.graph.initializer, *constants):
        if tensor.external_data or tensor.data_location == onnx.TensorProto.EXTERNAL:
            yield f"keeps the tensor {tensor.name!r} in another file, expected all data inside"


def _objections_to_node(node: onnx.NodeProto) -> Iterator[str]:
    if node.domain not in STANDARD:
        yield f"uses the operator {node.domain}.{node.op_type}, expected the standard domain only"
    elif node.op_type in REFUSED:
        yield f"uses the operator {node.op_type}, which graphs of losses do not hold"
    elif not onnx.defs.has(node.op_type, max_inclusive_version=OPSET):
        yield f"uses the operator {node.op_type}, which opset {OPSET} does not have"
    if any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute):
        yield f"hides a graph in the operator {node.op_type}"
