"""Conditions of a trace: the sizes at which they say nothing are sizes to look at."""

from typing import Any

import sympy
import torch
from torch.fx import Graph, GraphModule

from losskit.export.subject import prepare
from losskit.export.symbolic import Trace
from losskit.registry import get


def _trace(condition: Any, rows: sympy.Symbol) -> Trace:
    return Trace(GraphModule(torch.nn.Module(), Graph()), {"B": rows}, (condition,))


def test_sizes_that_break_a_condition_are_found() -> None:
    rows = sympy.Symbol("s0", integer=True)
    found = list(_trace(sympy.Ne(rows, 5), rows).excluded(prepare(get("comp_sum")).axes))
    assert {sizes["B"] for sizes in found} == {5}


def test_a_condition_that_divides_by_nothing_says_nothing_of_these_sizes() -> None:
    rows = sympy.Symbol("s0", integer=True)
    undefined = sympy.Eq(
        sympy.Mod(12, rows - 7, evaluate=False), sympy.Mod(12, rows - 7, evaluate=False), evaluate=False
    )
    found = list(_trace(undefined, rows).excluded(prepare(get("comp_sum")).axes))
    assert {sizes["B"] for sizes in found} == {7}
