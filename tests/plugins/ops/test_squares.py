"""Sums of squares: eager mode and graphs agree, for scores of any size, in slopes and curvature."""

import pytest
import torch
from torch import Tensor

from losskit.plugins.ops.squares import _differentiable, _label_and_rest, surprise_of_squares
from losskit.plugins.ops.vectors import row_squares

LABEL = torch.tensor([0, 2, 1, 3, 0])
SIZES = [1e-15, 1e-3, 1.0, 1e4, 1e18]


def rows(size: float, dtype: torch.dtype) -> Tensor:
    drawn = torch.randn(5, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    drawn[1, 2], drawn[2, 1] = 1e10, 0.0  # the label has all of the squares, or none
    return (drawn * size).to(dtype).requires_grad_()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("eps", [0.0, 1e-5, 1.0])
@pytest.mark.parametrize("size", SIZES)
def test_the_label_and_the_rest_are_the_same_in_eager_mode_and_graphs(
    size: float, eps: float, dtype: torch.dtype
) -> None:
    x, rtol = rows(size, dtype), 16 * torch.finfo(dtype).eps
    exact = x.detach().double().requires_grad_()
    parts, wanted = _label_and_rest(x, LABEL, eps)[:2], _differentiable(exact, LABEL, eps)
    for i in range(2):
        torch.testing.assert_close(parts[i].double(), wanted[i], rtol=rtol, atol=0)
        (slope,) = torch.autograd.grad(parts[i].sum(), x, retain_graph=True)
        (steep,) = torch.autograd.grad(wanted[i].sum(), exact, retain_graph=True)
        torch.testing.assert_close(slope.double(), steep, rtol=rtol, atol=0)


@pytest.mark.parametrize("size", SIZES)
def test_the_surprise_keeps_its_digits_beside_scores_of_any_size(size: float) -> None:
    x = torch.tensor([[3.0, 5e-3, 2e-3]], requires_grad=True).mul(size)
    found = surprise_of_squares(x, torch.tensor([0]), 0.0)
    squares = x.detach().double().square()
    torch.testing.assert_close(found.double(), torch.log1p(squares[:, 1:].sum(1) / squares[:, 0]), rtol=1e-6, atol=0)


def test_rows_without_a_square_have_no_slope() -> None:
    x = torch.zeros(2, 3, requires_grad=True)
    value = surprise_of_squares(x, torch.tensor([0, 1]), 0.0)
    torch.testing.assert_close(value, torch.full_like(value, 3).log())
    (slope,) = torch.autograd.grad(value.sum(), x)
    assert torch.equal(slope, torch.zeros_like(x))


def test_a_row_of_not_a_number_leaves_the_others_alone() -> None:
    x = torch.tensor([[torch.nan, 1.0], [2.0, 1.0]], requires_grad=True)
    value = surprise_of_squares(x, torch.tensor([1, 0]), 1e-5)
    value.sum().backward()
    assert x.grad is not None
    assert value.isnan().tolist() == [True, False]
    assert x.grad.isfinite().all(dim=1).tolist() == [False, True]


def test_second_derivatives_are_right() -> None:
    x = torch.randn(5, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64, requires_grad=True)
    for form in (row_squares, lambda z: surprise_of_squares(z, LABEL, 0.1)):
        assert torch.autograd.gradcheck(form, x, check_batched_grad=True)
        assert torch.autograd.gradgradcheck(form, x)
