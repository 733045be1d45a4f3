"""Multi-similarity: blocks of anchors against all pairs at once, and the memory they hold."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

import losskit
from losskit.plugins.ops import pairs

N, D = 3000, 32


def batch(rows: int, width: int, classes: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(rows, width, generator=draw, dtype=dtype).requires_grad_()
    return x, torch.randint(0, classes, (rows,), generator=draw)


def in_blocks(loss: torch.nn.Module, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    value = loss(x, labels)
    return value, torch.autograd.grad(value, x, torch.ones_like(value))[0]


def at_once(loss: torch.nn.Module, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    value, pull, *_ = torch.func.vjp(lambda x: loss(x, labels), x)
    return value, pull(torch.ones_like(value))[0]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("entries", [1, 97 * 10, 97 * 97])
@pytest.mark.parametrize("parameters", [{}, {"mining": False}, {"epsilon": -0.2}, {"beta": 1e4, "alpha": 1e3}])
def test_blocks_equal_all_pairs_at_once(
    monkeypatch: pytest.MonkeyPatch, reduction: str, entries: int, parameters: dict[str, Any]
) -> None:
    monkeypatch.setattr(pairs, "BLOCK_ENTRIES", entries)  # one row a block, ten with a rest, all
    loss = losskit.create("multi_similarity", reduction=reduction, **parameters)
    for blocks, whole in zip(in_blocks(loss, *batch(97, 4, 12)), at_once(loss, *batch(97, 4, 12)), strict=True):
        torch.testing.assert_close(blocks, whole, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("reduction", ["mean", "none"])
@pytest.mark.parametrize("classes", [1, 300, 3000])
def test_blocks_never_hold_all_pairs(peak_bytes: Callable[..., int], reduction: str, classes: int) -> None:
    x, labels = batch(N, D, classes, torch.float32)
    loss = losskit.create("multi_similarity", reduction=reduction)
    matrix = N * N * 4
    assert peak_bytes(lambda: in_blocks(loss, x, labels)) < matrix // 3
    assert peak_bytes(lambda: at_once(loss, x, labels)) > 2 * matrix


def test_duplicates_of_a_row_stay_positives() -> None:
    x = torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    value = losskit.create("multi_similarity", mining=False, alpha=1.0, lam=1.0)(x, torch.tensor([3, 3, 3]))
    assert value.item() == pytest.approx(torch.tensor(3.0).log().item())  # log(1 + 2 exp(0)) in each anchor


def test_weights_count_the_anchor_and_not_its_row() -> None:
    x, labels = batch(12, 3, 3)
    weight = torch.arange(12, dtype=torch.float64)
    terms = losskit.create("multi_similarity", reduction="none")(x, labels)
    mean = losskit.create("multi_similarity")(x, labels, weight)
    torch.testing.assert_close(mean, (terms * weight).sum() / weight.sum())
