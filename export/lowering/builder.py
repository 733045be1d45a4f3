"""A graph while it is written: every node once, constants folded, sizes taken from the inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
import torch

from losskit.export.lowering.errors import NoLoweringError
from losskit.export.lowering.fold import fold
from losskit.export.lowering.simplify import Step, simplify
from losskit.export.lowering.values import DTYPES, Array, Shape, Size, Value, broadcast

COMMUTATIVE = frozenset({"Add", "And", "Equal", "Max", "Min", "Mul", "Or", "Xor"})


@dataclass
class Node:
    """One operator of the graph."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]


class Builder:
    """Nodes in the order of their making. Asking for the same node twice gives the first one's values.

    Attributes:
        nodes: all that were asked for; some may turn out to be of no use.
        constants: arrays by key.
        inputs: tensors that the graph takes, by key.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.constants: dict[str, Array] = {}
        self.inputs: dict[str, Value] = {}
        self._made: dict[Any, tuple[Value, ...]] = {}
        self._known: dict[Any, Value] = {}
        self._bound: dict[Size, Value] = {}
        self._sources: dict[str, Step] = {}

    def add_input(self, name: str, dtype: torch.dtype, shape: Shape) -> Value:
        """A tensor that the graph takes."""
        value = Value(f"in:{name}", dtype, shape, shape)
        self.inputs[value.key] = value
        return value

    def constant(self, array: Any, dtype: torch.dtype) -> Value:
        """Known entries; a single repeated one is held as a scalar by its caller."""
        values = np.asarray(array).astype(DTYPES[dtype].numpy())
        known = (values.tobytes(), values.shape, dtype)
        if known not in self._known:
            key = f"const:{len(self._known)}"
            shape = tuple(sympy.Integer(size) for size in values.shape)
            self._known[known] = Value(key, dtype, shape, shape, values)
            self.constants[key] = values
        return self._known[known]

    def add(
        self,
        operator: str,
        *inputs: Value | None,
        dtype: torch.dtype,
        shape: Shape,
        **attributes: Any,
    ) -> Value:
        """A node with one output.

        Args:
            operator: of the standard domain.
            inputs: in the order of the standard; None for an optional one that is left out.
            dtype: of the output.
            shape: of the output, in the graph as in the program.
            attributes: of the operator.
        """
        arrays = [value.constant for value in inputs if value is not None]
        folded = fold(operator, arrays, attributes, DTYPES[dtype].numpy())
        if folded is not None:
            return self.constant(folded, dtype).seen_as(shape)
        step = simplify(Step(operator, inputs, attributes, shape), self._made_by)
        if isinstance(step, Value):
            return step.seen_as(shape)
        return self.add_many(step.operator, *step.inputs, results=((dtype, shape),), **step.attributes)[0]

    def _made_by(self, value: Value) -> Step | None:
        return self._sources.get(value.key)

    def never_positive(self, value: Value) -> bool:
        """Whether it is known to be the negative of a size."""
        step = self._made_by(value)
        inner = (
            self._made_by(step.inputs[0]) if step is not None and step.operator == "Neg" and step.inputs[0] else None
        )
        return inner is not None and inner.operator == "Abs"

    def add_many(
        self,
        operator: str,
        *inputs: Value | None,
        results: Sequence[tuple[torch.dtype, Shape]],
        **attributes: Any,
    ) -> tuple[Value, ...]:
        """A node with several outputs, each of a dtype and a shape."""
        keys = tuple("" if value is None else value.key for value in inputs)
        order = tuple(sorted(keys)) if operator in COMMUTATIVE else keys
        made = (operator, order, tuple((name, _hashable(value)) for name, value in sorted(attributes.items())))
        if made not in self._made:
            stem = len(self.nodes)
            outputs = tuple(f"node:{stem}:{place}" for place in range(len(results)))
            self.nodes.append(Node(operator, keys, outputs, dict(attributes)))
            self._made[made] = tuple(
                Value(key, dtype, shape, shape) for key, (dtype, shape) in zip(outputs, results, strict=True)
            )
            self._sources[outputs[0]] = Step(operator, inputs, attributes, results[0][1])
        return tuple(v.seen_as(shape) for v, (_, shape) in zip(self._made[made], results, strict=True))

    def each(self, operator: str, *inputs: Value, dtype: torch.dtype, shape: Shape, **attributes: Any) -> Value:
        """An operator on entries, which broadcasts; its output is held as small as its inputs allow."""
        held = broadcast([value.held for value in inputs], shape)
        return self.add(operator, *inputs, dtype=dtype, shape=held, **attributes).seen_as(shape)

    def cast(self, value: Value, dtype: torch.dtype) -> Value:
        """The value in another dtype."""
        if value.dtype == dtype:
            return value
        cast = self.add("Cast", value, dtype=dtype, shape=value.held, to=int(DTYPES[dtype]))
        return cast.seen_as(value.shape)

    def number(self, number: Any, dtype: torch.dtype) -> Value:
        """A Python number, or one of the tracer's sizes, as a scalar."""
        if isinstance(number, torch.SymInt | torch.SymFloat | torch.SymBool):
            return self.size_scalar(number.node.expr, dtype)
        if isinstance(number, sympy.Basic):
            return self.size_scalar(number, dtype)
        return self.constant(number, dtype)

    def fill(self, value: Value) -> Value:
        """The value written out: held in the shape that it stands for."""
        if value.held == value.shape:
            return value
        if value.constant is not None and all(size.is_Integer for size in value.shape):
            array = np.broadcast_to(value.constant, tuple(int(size) for size in value.shape))
            if array.size <= 4096:
                return self.constant(array, value.dtype)
        return self.add("Expand", value, self.sizes(value.shape), dtype=value.dtype, shape=value.shape)

    def pad_rank(self, value: Value) -> Value:
        """The value held with as many axes as it stands for, some of them of size 1."""
        missing = value.rank - len(value.held)
        if not missing:
            return value
        axes = self.axes(range(missing))
        held = (sympy.S.One,) * missing + value.held
        return self.add("Unsqueeze", value, axes, dtype=value.dtype, shape=held).seen_as(value.shape)

    def axes(self, places: Any) -> Value:
        """Places of axes as a constant."""
        return self.constant(np.asarray(list(places), dtype=np.int64), torch.int64)

    def bind(self, symbol: Size, value: Value) -> None:
        """Say where a size that depends on data is found: a tensor of one entry."""
        self._bound[symbol] = value

    def sizes(self, shape: Sequence[Size]) -> Value:
        """Sizes as a tensor of one axis; runs of axes that an input has are taken from it at once."""
        pieces, place = [], 0
        while place < len(shape):
            run = self._run(shape[place:])
            if run is None:
                pieces.append(self._size(shape[place]))
                place += 1
            else:
                pieces.append(run[0])
                place += run[1]
        if not pieces:
            return self.constant(np.zeros(0, np.int64), torch.int64)
        length = (sympy.Integer(len(shape)),)
        return pieces[0] if len(pieces) == 1 else self.add("Concat", *pieces, dtype=torch.int64, shape=length, axis=0)

    def size_scalar(self, size: Size, dtype: torch.dtype) -> Value:
        """A size as a scalar of a dtype."""
        if size.is_number:
            return self.constant(int(size) if size.is_Integer else float(size), dtype)
        for value in self.inputs.values():
            if sympy.Mul(*value.shape) == size:
                return self.cast(self.add("Size", value, dtype=torch.int64, shape=()), dtype)
        one = self._size(size)
        return self.cast(self.add("Squeeze", one, self.axes([0]), dtype=one.dtype, shape=()), dtype)

    def _run(self, wanted: Sequence[Size]) -> tuple[Value, int] | None:
        """The longest start of the wanted sizes that lies side by side in an input, two axes at least."""
        best: tuple[Value, int, int] | None = None
        for value in self.inputs.values():
            for start in range(len(value.shape)):
                length = 0
                while (
                    length < len(wanted)
                    and start + length < len(value.shape)
                    and wanted[length] == value.shape[start + length]
                ):
                    length += 1
                if length > 1 and (best is None or length > best[2]):
                    best = (value, start, length)
        if best is None:
            return None
        value, start, length = best
        return self._axes_of(value, start, start + length), length

    def _axes_of(self, value: Value, start: int, end: int) -> Value:
        whole = start == 0 and end == value.rank
        attributes = {} if whole else {"start": start, "end": end}
        return self.add("Shape", value, dtype=torch.int64, shape=(sympy.Integer(end - start),), **attributes)

    def _size(self, size: Size) -> Value:
        """A size as a tensor of one entry."""
        one = (sympy.S.One,)
        if size.is_Integer:
            return self.constant(np.asarray([int(size)]), torch.int64)
        if size.is_number:
            return self.constant(np.asarray([float(size)]), torch.float64)
        if size in self._bound:
            return self._bound[size]
        for value in self.inputs.values():
            if size in value.shape:
                place = value.shape.index(size)
                return self._axes_of(value, place, place + 1)
        kind = type(size).__name__
        parts = [self._size(part) for part in size.args]
        if kind == "ToFloat":
            return self.cast(parts[0], torch.float64)
        if kind in ("IntTrueDiv", "FloatTrueDiv"):
            wide = [self.cast(part, torch.float64) for part in parts]
            return self.add("Div", *wide, dtype=torch.float64, shape=one)
        if kind == "FloorDiv":
            rest = self.add("Mod", *parts, dtype=torch.int64, shape=one)
            whole = self.add("Sub", parts[0], rest, dtype=torch.int64, shape=one)
            return self.add("Div", whole, parts[1], dtype=torch.int64, shape=one)
        if kind in ("Mod", "PythonMod"):
            return self.add("Mod", *parts, dtype=torch.int64, shape=one)
        names = {"Add": "Add", "Mul": "Mul", "Max": "Max", "Min": "Min", "Pow": "Pow", "PowByNatural": "Pow"}
        if kind not in names:
            raise NoLoweringError(f"a size is {size}, expected sums, products and quotients of axes")
        dtype = torch.float64 if any(part.dtype == torch.float64 for part in parts) else torch.int64
        found = self.cast(parts[0], dtype)
        for part in parts[1:]:
            found = self.add(names[kind], found, self.cast(part, dtype), dtype=dtype, shape=one)
        return found


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
