"""Which two batches a graph with symbolic sizes is compared on."""

from __future__ import annotations

import pytest

from losskit.conformance.checks.tooling import _one_graph


@pytest.mark.parametrize(
    ("first", "second", "served"),
    [
        ([(5, 3), (5,)], [(4, 3), (4,)], True),
        ([(5, 3), (5,)], [(3, 3), (3,)], True),  # sizes that differed may become equal
        ([(5, 5), (5,)], [(3, 5), (3,)], False),  # sizes that were equal are taken for one
        ([(5, 1), (5,)], [(3, 1), (3,)], True),
        ([(5, 1), (5,)], [(3, 2), (3,)], False),  # a size of 1 is taken for a constant
        ([(5, 2), (5,)], [(3, 1), (3,)], False),
        ([(5, 2)], [(3, 2, 2)], False),
    ],
)
def test_a_traced_graph_serves_sizes_with_the_same_ones_and_equalities(
    first: list[tuple[int, ...]], second: list[tuple[int, ...]], served: bool
) -> None:
    assert _one_graph(first, second) is served
