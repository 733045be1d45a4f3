"""From a module to programs of core operators with named dynamic axes: the value, and the value with its gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch._decomp import core_aten_decompositions
from torch._dynamo.exc import UserError
from torch.export import Dim, ExportedProgram
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx

from losskit.export.axes import UPSTREAM, Axes
from losskit.export.eager import differentiable, pulled_back
from losskit.export.quiet import quiet, root_cause
from losskit.spec.errors import ExportError

if TYPE_CHECKING:
    from losskit.plugins.base import Loss

aten = torch.ops.aten


def trace_value(loss: Loss, axes: Axes, inputs: Mapping[str, Tensor]) -> ExportedProgram:
    """The value as a program; it takes its inputs by name, as the module does.

    Not decomposed yet: this form can be saved, loaded and differentiated again.

    Raises:
        ExportError: the module cannot be traced with these axes; the message holds the first line of the root cause.
    """
    with _tracing(loss, "the value"):
        return _export(loss.eval(), inputs, axes, by_name=True)


def trace_value_and_gradient(loss: Loss, axes: Axes, inputs: Mapping[str, Tensor]) -> ExportedProgram:
    """The value and its gradient with respect to every differentiable input, as one program of core operators.

    ``torch.func.vjp`` is traced with symbolic shapes first and the outcome exported: inside an exported module
    ``torch.func`` transforms are not supported. Decomposing to core operators while tracing is what keeps the gradient
    of means right; the framework's own composite gradients export into other numbers.

    Raises:
        ExportError: as for :func:`trace_value`.
    """
    with _tracing(loss, "the gradient"):
        graph = _trace_pullback(loss.eval(), axes, inputs)
        return _export(graph, inputs, axes, by_name=False)


def decompose(program: ExportedProgram) -> ExportedProgram:
    """The program in core operators, the form whose translation to ONNX was found right.

    Raises:
        ExportError: an operator has no decomposition.
    """
    with _tracing(None, "the program"):
        core: ExportedProgram = program.run_decompositions()
        return core


def _export(module: nn.Module, inputs: Mapping[str, Tensor], axes: Axes, *, by_name: bool) -> ExportedProgram:
    """Export with dynamic axes.

    Named axes are exported for every size. Where the program excludes a few (a slice that must not become empty), the
    axes stay dynamic and their ranges are the program's; an axis that turns out fixed is an error both times.
    """

    def attempt(shapes: dict[str, dict[int, Any]]) -> ExportedProgram:
        if by_name:
            program: ExportedProgram = torch.export.export(module, (), dict(inputs), dynamic_shapes=shapes)
        else:
            program = torch.export.export(module, tuple(inputs.values()), dynamic_shapes=tuple(shapes.values()))
        return program

    try:
        return attempt(_dynamic(axes, {name: Dim(name) for name in axes.dynamic}))
    except UserError:
        return attempt(_dynamic(axes, dict.fromkeys(axes.dynamic, Dim.DYNAMIC)))


def _trace_pullback(loss: Loss, axes: Axes, inputs: Mapping[str, Tensor]) -> GraphModule:
    with _as_exporting():
        trace = make_fx(
            pullback(loss, axes, tuple(inputs)),
            tracing_mode="symbolic",
            _allow_non_fake_inputs=True,
            decomposition_table=core_decompositions(),
        )
        graph: GraphModule = trace(*inputs.values())
    return graph.eval()


def pullback(loss: Loss, axes: Axes, names: tuple[str, ...]) -> Callable[..., tuple[Tensor, ...]]:
    """A function of the inputs, in order, that gives the value and its gradient for each differentiable one."""
    subjects = differentiable(axes)

    def value_and_gradient(*values: Tensor) -> tuple[Tensor, ...]:
        given = dict(zip(names, values, strict=True))
        upstream = given.pop(UPSTREAM, None)

        def value(*moving: Tensor) -> Tensor:
            found: Tensor = loss(**{**given, **dict(zip(subjects, moving, strict=True))})
            return found

        value_at, back = torch.func.vjp(value, *(given[name] for name in subjects))[:2]
        return value_at, *back(pulled_back(value_at, axes.gradient_of, upstream))

    return value_and_gradient


@cache
def core_decompositions() -> dict[Any, Callable[..., Any]]:
    """What takes composite operators apart while a loss is traced; built once, as it is gathered from all operators."""
    return {**core_aten_decompositions(), aten.empty_permuted.default: _zeros}


def _zeros(size: list[int], _physical_layout: list[int], **options: Any) -> Tensor:
    # a graph has no memory that is left as it was found; whoever asks for it fills it
    return torch.full(size, 0, dtype=options.get("dtype"), device=options.get("device"))


def _dynamic(axes: Axes, sizes: Mapping[str, Any]) -> dict[str, dict[int, Any]]:
    return {
        entry.name: {place: sizes[name] for place, name in enumerate(axes.shapes[entry.name]) if name in sizes}
        for entry in axes.inputs
    }


@contextmanager
def tracing_as_export(loss: Loss, what: str) -> Iterator[None]:
    """Quiet, with the loss in its plain form; a failure becomes an :class:`ExportError` of one sentence."""
    with _tracing(loss, what), _as_exporting():
        yield


@contextmanager
def _tracing(loss: Loss | None, what: str) -> Iterator[None]:
    try:
        with quiet():
            yield
    except ExportError:
        raise
    except Exception as error:
        name = f"{loss.spec.name}: " if loss is not None else ""
        raise ExportError(f"{name}{what} cannot be traced: {root_cause(error)}") from error


def _as_exporting() -> Any:
    """Makes ``torch.compiler.is_exporting()`` true, so that a loss takes its plain form here as it does in torch.export."""
    try:
        from torch._export.utils import _compiling_state_context
    except ImportError:
        return nullcontext()
    return _compiling_state_context()
