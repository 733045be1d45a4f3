"""From a module to programs of core operators with named dynamic axes: the value, and the value with its gradient."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch._decomp import core_aten_decompositions
from torch._dynamo.exc import UserError
from torch.export import Dim, ExportedProgram
from torch.export.dynamic_shapes import refine_dynamic_shapes_from_suggested_fixes
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx

from losskit.export.axes import Axes
from losskit.export.eager import differentiable
from losskit.export.quiet import quiet, root_cause
from losskit.spec.errors import ExportError

if TYPE_CHECKING:
    from losskit.plugins.base import Loss

aten = torch.ops.aten
_SHORTER_RANGE = re.compile(r"^\s*\w+ = Dim\(", re.MULTILINE)
_FIXED_SIZE = re.compile(r"^\s*\w+ = \d+\s*$", re.MULTILINE)


def trace_value(loss: Loss, axes: Axes, inputs: Mapping[str, Tensor]) -> ExportedProgram:
    """The value as a program; it takes its inputs by name, as the module does.

    Not decomposed yet: this form can be saved, loaded and differentiated again.

    Raises:
        ExportError: the module cannot be traced with these axes; the message holds the first line of the root cause.
    """
    with _tracing(loss, "the value"):
        return _export(loss.eval(), (), dict(inputs), _dynamic(axes))


def trace_value_and_gradient(loss: Loss, axes: Axes, inputs: Mapping[str, Tensor]) -> ExportedProgram:
    """The value and the gradient of its sum with respect to every differentiable input, as one program of core operators.

    ``torch.func.vjp`` is traced with symbolic shapes first and the outcome exported: inside an exported module
    ``torch.func`` transforms are not supported. Decomposing to core operators while tracing is what keeps the gradient
    of means right; the framework's own composite gradients export into other numbers.

    Raises:
        ExportError: as for :func:`trace_value`.
    """
    with _tracing(loss, "the gradient"):
        graph = _trace_pullback(loss.eval(), axes, inputs)
        return _export(graph, tuple(inputs.values()), {}, tuple(_dynamic(axes).values()))


def decompose(program: ExportedProgram) -> ExportedProgram:
    """The program in core operators, the form whose translation to ONNX was found right.

    Raises:
        ExportError: an operator has no decomposition.
    """
    with _tracing(None, "the program"):
        core: ExportedProgram = program.run_decompositions()
        return core


def _export(module: nn.Module, args: tuple[Tensor, ...], kwargs: dict[str, Tensor], dynamic: Any) -> ExportedProgram:
    """Export with dynamic axes; where the program needs an axis to be longer than 2, its range is narrowed to that."""
    try:
        program: ExportedProgram = torch.export.export(module, args, kwargs, dynamic_shapes=dynamic)
    except UserError as error:
        advice, _, _ = str(error).partition("\n\n")
        narrowed = _narrowed(advice, dynamic)
        if narrowed is None:
            raise
        program = torch.export.export(module, args, kwargs, dynamic_shapes=narrowed)
    return program


def _narrowed(advice: str, dynamic: Any) -> Any:
    """The ranges that the framework's message suggests; None where it suggests none, or a fixed size."""
    if _FIXED_SIZE.search(advice) or not _SHORTER_RANGE.search(advice):
        return None
    return refine_dynamic_shapes_from_suggested_fixes(advice, dynamic)


def _trace_pullback(loss: Loss, axes: Axes, inputs: Mapping[str, Tensor]) -> GraphModule:
    names = tuple(inputs)
    subjects = differentiable(axes)

    def value_and_gradient(*values: Tensor) -> tuple[Tensor, ...]:
        given = dict(zip(names, values, strict=True))

        def value(*moving: Tensor) -> Tensor:
            found: Tensor = loss(**{**given, **dict(zip(subjects, moving, strict=True))})
            return found

        value_at, pullback = torch.func.vjp(value, *(given[name] for name in subjects))[:2]
        return value_at, *pullback(torch.ones_like(value_at))

    with _as_exporting():
        trace = make_fx(
            value_and_gradient,
            tracing_mode="symbolic",
            _allow_non_fake_inputs=True,
            decomposition_table=_decompositions(),
        )
        graph: GraphModule = trace(*inputs.values())
    return graph.eval()


def _decompositions() -> dict[Any, Callable[..., Any]]:
    return {**core_aten_decompositions(), aten.empty_permuted.default: _zeros}


def _zeros(size: list[int], _physical_layout: list[int], **options: Any) -> Tensor:
    # a graph has no memory that is left as it was found; whoever asks for it fills it
    return torch.full(size, 0, dtype=options.get("dtype"), device=options.get("device"))


def _dynamic(axes: Axes) -> dict[str, dict[int, Any]]:
    sizes = {name: Dim(name) for name in axes.dynamic}
    return {
        entry.name: {place: sizes[name] for place, name in enumerate(axes.shapes[entry.name]) if name in sizes}
        for entry in axes.inputs
    }


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
