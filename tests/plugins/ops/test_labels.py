"""Pieces of losses of one score: eager and graph forms agree in value and slope, and bend as they should."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import softplus

from losskit.plugins.ops.bernoulli import cross_entropy, cross_entropy_and_missing, hard_cross_entropy
from losskit.plugins.ops.powers import whole_power
from losskit.plugins.ops.rest import surprise_of_rest
from losskit.plugins.ops.sigmoid import sigmoids
from losskit.plugins.ops.signs import opposed_margin

FAR = [-1e4, -90.0, -17.0, -3.0, -1e-3, 0.0, 0.4, 1.0, 5.0, 17.0, 90.0, 1e4]
HARD = torch.arange(12) % 2
SOFT = torch.tensor([0.0, 1e-30, 1e-7, 0.3, 0.5, 0.5 + 1e-9, 0.8, 1 - 1e-9, 1.0, 1 - 1e-12, 1e-12, 1.0]).double()


def cut(x: Tensor, target: Tensor, clip: float = 0.05) -> Tensor:
    present, absent = sigmoids(x)
    return surprise_of_rest(torch.relu(present - clip), absent + clip)


def missing(x: Tensor, target: Tensor) -> Tensor:
    return cross_entropy_and_missing(x, target)[1]


PIECES: list[Callable[[Tensor, Tensor], Tensor]] = [opposed_margin, cross_entropy, hard_cross_entropy, missing, cut]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("target", [HARD, 1 - HARD])
def test_eager_and_graph_forms_agree(
    piece: Callable[[Tensor, Tensor], Tensor], target: Tensor, dtype: torch.dtype
) -> None:
    x, labels, rtol = torch.tensor(FAR, dtype=dtype), target.to(dtype), 8 * torch.finfo(dtype).eps
    eager = x.clone().requires_grad_()
    value = piece(eager, labels)
    (slope,) = torch.autograd.grad(value.sum(), eager)
    graph: Any = torch.func.vjp(lambda z: piece(z, labels), x)  # transforms are given the graph's form
    wanted, pull = graph
    torch.testing.assert_close(value, wanted, rtol=rtol, atol=1e-37)
    torch.testing.assert_close(slope, pull(torch.ones_like(x))[0], rtol=rtol, atol=1e-37)


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("target", [HARD, 1 - HARD, SOFT])
def test_second_derivatives_are_right(piece: Callable[[Tensor, Tensor], Tensor], target: Tensor) -> None:
    x = torch.linspace(-2.9, 7, 12, dtype=torch.float64, requires_grad=True)
    if piece in (opposed_margin, hard_cross_entropy) and target is SOFT:
        pytest.skip("hard labels alone")
    assert torch.autograd.gradcheck(lambda z: piece(z, target.double()), x)
    assert torch.autograd.gradgradcheck(lambda z: piece(z, target.double()), x)


def test_cross_entropy_with_soft_labels_keeps_its_digits() -> None:
    x = torch.tensor(FAR, dtype=torch.float64)
    for t in SOFT:
        labels = t.expand_as(x)
        wanted = labels * softplus(-x, threshold=40.0) + (1 - labels) * softplus(x, threshold=40.0)
        torch.testing.assert_close(cross_entropy(x, labels), wanted, rtol=1e-15, atol=0)


@pytest.mark.parametrize("power", [1.0, 2.0, 3.0, 4.0])
def test_whole_powers_are_powers(power: float) -> None:
    x = torch.tensor([0.0, 1e-30, 0.3, 1.0], dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(whole_power(x, power), x**power, rtol=1e-15, atol=0)
    assert torch.autograd.gradgradcheck(lambda z: whole_power(z, power), x)
