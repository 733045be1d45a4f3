"""A loss as one flat graph of core operators with symbolic sizes: what is lowered to ONNX, operator by operator."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import sympy
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.experimental.symbolic_shapes import DimDynamic, ShapeEnv, StatelessSymbolicContext

from losskit.export.axes import Axes, Sizes
from losskit.export.tracing import aten, core_decompositions, pullback, tracing_as_export
from losskit.plugins.ops.slopes import tracing_slopes
from losskit.spec.errors import ExportError

if TYPE_CHECKING:
    from losskit.plugins.base import Loss

# no axis is made longer than the last to look at what a condition excludes: a loss may be cubic in it
NEAR = (*range(2, 34), 64, 128, 255, 256)
FAR = (2, 3, 1000, 4096, 2**16, 2**20, 2**24, 2**31)


@dataclass(frozen=True)
class Trace:
    """What a loss does, for every size its conditions allow.

    Attributes:
        graph: core operators; each node's ``meta["val"]`` knows its dtype and its sizes.
        symbols: the sympy symbol of each dynamic axis, by name of the axis.
        conditions: on the symbols, under which the graph is what the loss computes; sizes below 2 are not considered.
    """

    graph: GraphModule
    symbols: dict[str, sympy.Symbol]
    conditions: tuple[Any, ...]

    def excluded(self, axes: Axes) -> Iterator[Sizes]:
        """Sizes at which a condition does not hold, for each condition the first ones found.

        Raises:
            ExportError: a condition excludes nothing that could be computed here, so nothing can be said of it.
        """
        for condition in self.conditions:
            found = [sizes for sizes in _variations(axes, NEAR) if not self._holds(condition, sizes)]
            if not found:
                if all(self._holds(condition, sizes) for sizes in _variations(axes, FAR)):
                    continue  # it excludes nothing; the tracer could not tell
                raise ExportError(f"the graph would hold only where {self.worded(condition)}, expected every size")
            yield from {tuple(one.items()): one for one in (found[0], found[-1])}.values()

    def worded(self, expression: Any) -> str:
        """A size or a condition in the names of the axes."""
        names = {symbol: sympy.Symbol(name) for name, symbol in self.symbols.items()}
        return str(expression.xreplace(names))

    def _holds(self, condition: Any, sizes: Sizes) -> bool:
        numbers = {symbol: sympy.Integer(sizes[name]) for name, symbol in self.symbols.items()}
        try:
            return bool(condition.xreplace(numbers) == sympy.true)
        except ZeroDivisionError:  # it divides by what is nothing at these sizes, so it says nothing of them
            return False


def trace_symbolically(loss: Loss, axes: Axes, inputs: Mapping[str, Tensor], *, gradient: bool) -> Trace:
    """Trace the value of a loss, or its value and its gradient.

    Raises:
        ExportError: the loss cannot be traced, or only for one size of an axis that should be free.
    """
    names = tuple(inputs)

    def value(*values: Tensor) -> tuple[Tensor, ...]:
        return (loss(**dict(zip(names, values, strict=True))),)

    what = "the gradient" if gradient else "the value"
    function: Callable[..., tuple[Tensor, ...]] = pullback(loss, axes, names) if gradient else value
    with tracing_as_export(loss, what), tracing_slopes():
        try:
            return trace_function(function, inputs, axes.shapes, axes.dynamic)
        except ExportError as error:
            raise ExportError(f"{loss.spec.name}: {what} cannot be traced: {error}") from error


def trace_function(
    function: Callable[..., tuple[Tensor, ...]],
    inputs: Mapping[str, Tensor],
    shapes: Mapping[str, tuple[str, ...]],
    dynamic: Collection[str],
) -> Trace:
    """Trace a function of tensors.

    Args:
        function: takes the inputs in order.
        inputs: by name; axes of different names have different sizes, of at least 2.
        shapes: names of the axes of each input.
        dynamic: axes whose size stays free.

    Raises:
        ExportError: an axis that should be free is not.
    """
    mode = FakeTensorMode(shape_env=ShapeEnv(), allow_non_fake_inputs=True)
    fakes = {name: _fake(mode, tensor, shapes[name], dynamic) for name, tensor in inputs.items()}
    make = make_fx(function, tracing_mode="symbolic", decomposition_table=_decompositions())
    graph: GraphModule = make(*fakes.values())
    return Trace(graph, _symbols(fakes, shapes, dynamic), _conditions(mode))


@cache
def _decompositions() -> dict[Any, Callable[..., Any]]:
    """All but those of operators whose lowering keeps digits that their core operators lose."""
    return {operator: form for operator, form in core_decompositions().items() if operator != aten.softplus.default}


def _fake(mode: FakeTensorMode, tensor: Tensor, names: tuple[str, ...], dynamic: Collection[str]) -> Tensor:
    kinds = [DimDynamic.DUCK if name in dynamic else DimDynamic.STATIC for name in names]
    return mode.from_tensor(tensor, symbolic_context=StatelessSymbolicContext(dynamic_sizes=kinds))


def _symbols(
    fakes: Mapping[str, Tensor], shapes: Mapping[str, tuple[str, ...]], dynamic: Collection[str]
) -> dict[str, sympy.Symbol]:
    """The symbol of each dynamic axis; axes that the trace fixed or tied to others are refused."""
    found: dict[str, sympy.Symbol] = {}
    for entry, fake in fakes.items():
        for name, size in zip(shapes[entry], fake.shape, strict=True):
            if name not in dynamic:
                continue
            expression = sympy.Integer(size) if isinstance(size, int) else size.node.expr
            if not expression.is_Symbol:
                fixed = _plain(expression, found)
                raise ExportError(f"it holds only where the axis {name} is {fixed}, expected every size")
            other = next((n for n, symbol in found.items() if symbol == expression and n != name), None)
            if other is not None:
                raise ExportError(f"it holds only where the axes {other} and {name} are equal, expected every size")
            found[name] = expression
    return found


def _plain(expression: Any, known: Mapping[str, sympy.Symbol]) -> str:
    return str(expression.xreplace({symbol: sympy.Symbol(name) for name, symbol in known.items()}))


def _conditions(mode: FakeTensorMode) -> tuple[Any, ...]:
    environment = mode.shape_env
    assert environment is not None
    simplified = (environment.simplify(guard.expr) for guard in environment.guards)
    return tuple(dict.fromkeys(expression for expression in simplified if expression != sympy.true))


def _variations(axes: Axes, sizes: tuple[int, ...]) -> Iterator[Sizes]:
    """Sizes with one axis changed from the traced ones, then with all of them changed alike."""
    singles = ({**axes.traced, name: size} for name in axes.dynamic for size in sizes)
    together = ({**axes.traced, **dict.fromkeys(axes.dynamic, size)} for size in sizes)
    return chain(singles, together)
