"""From a traced program to a graph: each node by the function its operator has in the table."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule, Node

from losskit.export.lowering import (
    creation,
    elementwise,
    indexing,
    logic,
    products,
    reductions,
    shapes,
    sorting,
    special,
)
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
    special,
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


def _call(g: Builder, node: Node, known: dict[Node, Any]) -> Any:
    found = node.meta.get("val")
    if isinstance(found, torch.SymInt | torch.SymFloat | torch.SymBool | int | float | bool):
        return found  # a size: whoever needs it takes it from the inputs
    if node.target is operator.getitem:
        source, place = node.args
        return known[source][place]  # type: ignore[index]
    name = _name(node)
    if found is None and any(part in name for part in _IGNORED):
        return None
    if _schema(node) is not None and _schema(node).is_mutable:
        return _in_place(g, node, name, known)
    return _lowered(g, node, name, known)


def _lowered(g: Builder, node: Node, name: str, known: Mapping[Node, Any]) -> Any:
    if name not in TABLE:
        raise NoLoweringError(f"the operator aten.{name} has no lowering")
    args = _arguments(node.args, known)
    kwargs = {key: _arguments(value, known) for key, value in node.kwargs.items()}
    return TABLE[name](g, _meta(node.meta.get("val")), *args, **kwargs)


def _in_place(g: Builder, node: Node, name: str, known: dict[Node, Any]) -> Any:
    """An operator that writes into its first argument: the plain operator, whose result takes the argument's place."""
    target = node.args[0]
    if not isinstance(target, Node) or not _owned(target):
        raise NoLoweringError(f"the operator aten.{name} writes into a tensor that others see, which has no lowering")
    packet, _, overload = name.partition(".")
    found = _lowered(g, node, f"{packet.removesuffix('_')}.{overload}", known)
    place: Any = target
    while True:
        known[place] = found
        if not _schema(place).is_mutable:
            return found
        place = place.args[0]


def _owned(node: Node) -> bool:
    """Whether a tensor was made by the program and no other tensor shares its memory."""
    schema = _schema(node)
    if schema is None:
        return False
    if schema.is_mutable:
        return isinstance(node.args[0], Node) and _owned(node.args[0])
    return not _shares(schema) and not any(
        user.op == "call_function"
        and (_schema(user) is None or (_shares(_schema(user)) and not _schema(user).is_mutable))
        for user in node.users
    )


def _shares(schema: Any) -> bool:
    return any(result.alias_info is not None for result in schema.returns)


def _schema(node: Node) -> Any:
    return node.target._schema if isinstance(node.target, torch._ops.OpOverload) else None


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
