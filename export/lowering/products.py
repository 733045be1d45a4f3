"""Products of matrices."""

from __future__ import annotations

from typing import Any

from losskit.export.lowering.builder import Builder
from losskit.export.lowering.elementwise import arithmetic, product
from losskit.export.lowering.table import Meta, lowers
from losskit.export.lowering.values import Value


@lowers("mm.default", "bmm.default", "matmul.default", "dot.default", "mv.default")
def matmul(g: Builder, result: Meta, x: Value, y: Value) -> Value:
    """A product of matrices, or of each pair in two batches."""
    factors = [g.fill(g.cast(one, result.dtype)) for one in (x, y)]
    return g.add("MatMul", *factors, dtype=result.dtype, shape=result.shape)


@lowers("addmm.default", "baddbmm.default", "addmv.default")
def added(g: Builder, result: Meta, x: Value, a: Value, b: Value, *, beta: Any = 1, alpha: Any = 1) -> Value:
    """A product of matrices with something added."""
    found = product(g, result, matmul(g, result, a, b), alpha)
    shape = Meta(result.dtype, x.shape)
    return found if beta == 0 else arithmetic(g, result, "Add", product(g, shape, x, beta), found)
