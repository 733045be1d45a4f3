"""From a traced program to a graph: each node by the function its operator has in the table."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Node

from losskit.export.lowering import creation, elementwise, indexing, logic, products, reductions, shapes, sorting
from losskit.export.lowering.builder import Builder
from losskit.export.lowering.errors import NoLoweringError
from losskit.export.lowering.table import TABLE, Meta
from losskit.export.lowering.values import Value, shape_of

THEMES = (
    creation,
    elementwise,
    indexing,
    logic,
    products,
    reductions,
    shapes,
    sorting,
)  # importing them fills the table
# conditions that the tracer wrote down; the graph says nothing of its own about its inputs
_IGNORED = ("_assert", "sym_constrain_range", "_check")


def walk(module: GraphModule, names: Sequence[str]) -> tuple[Builder, list[Value]]:
    """Lower every node of a program.

    Args:
        module: core operators; each node's ``meta["val"]`` knows its dtype and its sizes.
        names: of the inputs.

    Returns:
        The graph so far, and its outputs.

    Raises:
        NoLoweringError: an operator is not in the table; the message names it.
    """
    g, known = Builder(), dict[Node, Any]()
    rest = iter(names)
    for node in module.graph.nodes:
        if node.op == "placeholder":
            like = node.meta["val"]
            known[node] = g.add_input(next(rest), like.dtype, shape_of(like.shape))
        elif node.op == "get_attr":
            known[node] = _constant(g, module, node)
        elif node.op == "call_function":
            known[node] = _call(g, node, known)
        elif node.op == "output":
            return g, [g.fill(known[out]) for out in node.args[0]]
    raise AssertionError("a program ends with its output")


def _constant(g: Builder, module: GraphModule, node: Node) -> Value:
    tensor = getattr(module, str(node.target))
    plain = tensor.detach().cpu()
    array = plain.float().numpy() if plain.dtype == torch.bfloat16 else plain.numpy()  # which NumPy does not know
    return g.constant(array, plain.dtype)


def _call(g: Builder, node: Node, known: Mapping[Node, Any]) -> Any:
    found = node.meta.get("val")
    if isinstance(found, torch.SymInt | torch.SymFloat | torch.SymBool | int | float | bool):
        return found  # a size: whoever needs it takes it from the inputs
    if node.target is operator.getitem:
        source, place = node.args
        return known[source][place]  # type: ignore[index]
    name = _name(node)
    if found is None and any(part in name for part in _IGNORED):
        return None
    if name not in TABLE:
        raise NoLoweringError(f"the operator aten.{name} has no lowering")
    args = _arguments(node.args, known)
    kwargs = {key: _arguments(value, known) for key, value in node.kwargs.items()}
    return TABLE[name](g, _meta(found), *args, **kwargs)


def _name(node: Node) -> str:
    target = node.target
    if isinstance(target, torch._ops.OpOverload):
        packet, overload = target.overloadpacket, target._overloadname
        return f"{packet.__name__}.{overload}"
    return str(target)


def _arguments(given: Any, known: Mapping[Node, Any]) -> Any:
    if isinstance(given, Node):
        return known[given]
    if isinstance(given, list | tuple):
        return type(given)(_arguments(one, known) for one in given)
    return given


def _meta(found: Any) -> Any:
    if isinstance(found, Tensor):
        return Meta(found.dtype, shape_of(found.shape))
    return tuple(_meta(one) for one in found)
