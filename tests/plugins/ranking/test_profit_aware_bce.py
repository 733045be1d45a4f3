"""The profit-aware loss compiled, where items are filled up to a number that no list decides."""

import pytest
import torch

import losskit


@pytest.mark.parametrize("lists", [0, 1, 3])
@pytest.mark.parametrize("items", [0, 1, 4, 9])
def test_a_graph_takes_no_list_and_lists_without_items(lists: int, items: int) -> None:
    torch._dynamo.reset()
    loss = losskit.create("profit_aware_bce")
    generator = torch.Generator().manual_seed(0)
    scores, pnl = torch.randn(2, lists, items, generator=generator, dtype=torch.float64)
    compiled = torch.compile(loss, backend="eager", dynamic=True, fullgraph=True)
    torch.testing.assert_close(compiled(scores, pnl), loss(scores, pnl), rtol=1e-12, atol=1e-14)
