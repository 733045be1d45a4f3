"""What a node of a program becomes: a tensor of the graph that may be smaller than what it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy
import torch
from numpy.typing import NDArray

from losskit.export.extras import onnx_ir

Array = NDArray[Any]
Size = Any  # a sympy expression of the axes' symbols, an Integer where the size is known
Shape = tuple[Size, ...]

DTYPES: dict[torch.dtype, onnx_ir.DataType] = {
    torch.bool: onnx_ir.DataType.BOOL,
    torch.uint8: onnx_ir.DataType.UINT8,
    torch.int8: onnx_ir.DataType.INT8,
    torch.int16: onnx_ir.DataType.INT16,
    torch.int32: onnx_ir.DataType.INT32,
    torch.int64: onnx_ir.DataType.INT64,
    torch.float16: onnx_ir.DataType.FLOAT16,
    torch.bfloat16: onnx_ir.DataType.BFLOAT16,
    torch.float32: onnx_ir.DataType.FLOAT,
    torch.float64: onnx_ir.DataType.DOUBLE,
}


@dataclass(frozen=True)
class Value:
    """A tensor of the graph.

    A value that repeats along an axis is held once and broadcast where an operator needs it whole: most operators
    broadcast of their own accord, so that most repetitions are never written out.

    Attributes:
        key: its name while the graph is built; equal keys, equal values.
        dtype: of its entries.
        held: sizes of the tensor in the graph; it broadcasts to ``shape``.
        shape: sizes of the tensor in the program.
        constant: its entries, where they are known.
    """

    key: str
    dtype: torch.dtype
    held: Shape
    shape: Shape
    constant: Array | None = None

    @property
    def rank(self) -> int:
        """Number of axes in the program."""
        return len(self.shape)

    @property
    def splat(self) -> Any:
        """The one number that a constant repeats, None if it is no such constant."""
        return self.constant.item() if self.constant is not None and not self.held else None

    def seen_as(self, shape: Shape) -> Value:
        """The same tensor standing for a larger one."""
        return replace(self, shape=shape)


def size_of(number: Any) -> Size:
    """A size of the tracer as a sympy expression."""
    if isinstance(number, torch.SymInt | torch.SymFloat | torch.SymBool):
        return number.node.expr
    return sympy.sympify(number)


def shape_of(sizes: Iterable[Any]) -> Shape:
    """Sizes of the tracer as sympy expressions."""
    return tuple(size_of(size) for size in sizes)


def broadcast(shapes: Sequence[Shape], result: Shape) -> Shape:
    """Sizes of tensors broadcast with each other, at most those of ``result``."""
    rank = max((len(shape) for shape in shapes), default=0)
    sizes = []
    for place in range(1, rank + 1):
        seen = {shape[-place] for shape in shapes if len(shape) >= place} - {sympy.S.One}
        if not seen:
            sizes.append(sympy.S.One)
        elif len(seen) == 1:
            sizes.append(seen.pop())
        else:  # two names for one size: the tracer knows under which they go
            sizes.append(result[-place])
    return tuple(reversed(sizes))
