"""Operators that a build of ONNX Runtime has no kernel for, told from what it says when it loads a graph."""

from __future__ import annotations

import re

from losskit.export.extras import onnx

_NO_KERNEL = re.compile(r"Could not find an implementation for (\S+) node(?: with name '(\w+)')?")


def missing_kernel(text: str, content: bytes) -> str:
    """The operator that a message says there is no kernel for, with the dtypes it is asked for; empty if it says no such.

    Args:
        text: the message.
        content: of the graph.
    """
    found = _NO_KERNEL.search(text)
    if found is None:
        return ""
    return f"the operator {found[1]} with {_dtypes(content, found[2] or '') or 'these types'}"


def _dtypes(content: bytes, node_name: str) -> str:
    """Dtypes of the inputs of a node, each once; empty where they cannot be told."""
    graph = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(content)).graph
    kinds = {entry.name: entry.type.tensor_type.elem_type for entry in (*graph.input, *graph.value_info)}
    kinds |= {tensor.name: tensor.data_type for tensor in graph.initializer}
    given = next((node.input for node in graph.node if node.name == node_name), ())
    names = [onnx.helper.tensor_dtype_to_np_dtype(kinds[name]).name for name in given if kinds.get(name)]
    return ", ".join(dict.fromkeys(names))
