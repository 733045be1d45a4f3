"""What losses take from the softmax of a row: eager mode and graphs agree, at both ends, in slopes and curvature."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from losskit.plugins.ops.softmax import _smoothed_softmax, _wrong_shares_in_graphs, log_likelihood, wrong_shares

LABEL = torch.tensor([0, 2, 1, 3, 0])
SMOOTHINGS = [0.0, 0.1, 1.0]


def rows(dtype: torch.dtype) -> Tensor:
    draw = torch.Generator().manual_seed(0)
    drawn = torch.randn(5, 4, generator=draw, dtype=torch.float64)
    drawn[1, 2] = 30.0  # the label has all but nothing
    drawn[2, 1] = -40.0  # the label has all but nothing left
    drawn[3] = torch.tensor([1e4, -1e4, 0.0, 1e4])
    return drawn.to(dtype).requires_grad_()


def slope(form: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    weight = torch.tensor([1.0, -2.0, 0.5, 3.0, 0.0], dtype=x.dtype)
    return torch.autograd.grad((form(x) * weight).sum(), x)[0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_the_label_has_one_log_probability_in_eager_mode_and_graphs(smoothing: float, dtype: torch.dtype) -> None:
    x, rtol = rows(dtype), 16 * torch.finfo(dtype).eps
    value, in_graphs = log_likelihood(x, LABEL, smoothing), _smoothed_softmax(x, LABEL, smoothing)
    torch.testing.assert_close(value, in_graphs, rtol=rtol, atol=0)
    exact = slope(lambda z: _smoothed_softmax(z, LABEL, smoothing), x.detach().double().requires_grad_())
    found = slope(lambda z: log_likelihood(z, LABEL, smoothing), x)
    torch.testing.assert_close(found.double(), exact, rtol=rtol, atol=rtol if dtype == torch.float64 else rtol * 1e-2)


def test_the_slope_at_a_label_that_has_all_but_nothing_keeps_its_digits() -> None:
    x = torch.tensor([[12.0, 0.0]], requires_grad=True)
    label = torch.tensor([0])
    log_likelihood(x, label).sum().backward()
    rest = torch.sigmoid(torch.tensor([-12.0, 12.0], dtype=torch.float64))[0]
    torch.testing.assert_close(x.grad, torch.stack([rest, -rest]).float().unsqueeze(0), rtol=0.02, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_wrong_shares_are_the_same_in_eager_mode_and_graphs(dtype: torch.dtype) -> None:
    x, eps = rows(dtype), torch.finfo(dtype).eps
    exact = _wrong_shares_in_graphs(x.detach().double(), LABEL)
    for found, wanted in zip(wrong_shares(x, LABEL), exact, strict=True):
        torch.testing.assert_close(found.double(), wanted, rtol=64 * eps, atol=2.0**-52)
    of_missed, of_squares = torch.tensor([1.0, -2.0, 0.5, 3.0, 0.0]), torch.tensor([0.3, 1.0, -1.0, 2.0, 1.0])

    def mixed(parts: tuple[Tensor, Tensor]) -> Tensor:
        return parts[0] * of_missed.to(parts[0].dtype) + parts[1] * of_squares.to(parts[0].dtype)

    steep = slope(lambda z: mixed(_wrong_shares_in_graphs(z, LABEL)), x.detach().double().requires_grad_())
    found = slope(lambda z: mixed(wrong_shares(z, LABEL)), x)
    torch.testing.assert_close(found.double(), steep, rtol=64 * eps, atol=eps)


def test_wrong_shares_keep_their_digits_beside_a_sure_label() -> None:
    x = torch.tensor([[40.0, 0.0, 0.0]], requires_grad=True)
    missed, squares = wrong_shares(x, torch.tensor([0]))
    share = torch.exp(torch.tensor([-40.0], dtype=torch.float64))
    torch.testing.assert_close(missed.double(), 2 * share, rtol=1e-6, atol=0)
    torch.testing.assert_close(squares.double(), 2 * share.square(), rtol=1e-6, atol=0)
    (found,) = torch.autograd.grad(missed.sum(), x)
    torch.testing.assert_close(found[0].double(), share * torch.tensor([-2.0, 1.0, 1.0]), rtol=1e-6, atol=0)


def test_second_derivatives_are_right() -> None:
    x = torch.randn(5, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64, requires_grad=True)
    for smoothing in SMOOTHINGS:
        assert torch.autograd.gradcheck(lambda z, e=smoothing: log_likelihood(z, LABEL, e), x, check_batched_grad=True)
        assert torch.autograd.gradgradcheck(lambda z, e=smoothing: log_likelihood(z, LABEL, e), x)
    assert torch.autograd.gradcheck(lambda z: wrong_shares(z, LABEL), x, check_batched_grad=True)
    assert torch.autograd.gradgradcheck(lambda z: wrong_shares(z, LABEL), x)


def test_a_backward_pass_may_run_twice() -> None:
    x = rows(torch.float64)
    value = log_likelihood(x, LABEL).sum() + sum(part.sum() for part in wrong_shares(x, LABEL))
    (first,) = torch.autograd.grad(value, x, retain_graph=True)
    (second,) = torch.autograd.grad(value, x)
    assert torch.equal(first, second)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_an_empty_batch_without_classes_has_an_empty_value_and_slope(smoothing: float) -> None:
    x = torch.zeros(0, 0, requires_grad=True)
    value = log_likelihood(x, torch.zeros(0, dtype=torch.int64), smoothing)
    assert value.shape == (0,)
    assert torch.autograd.grad(value.sum(), x)[0].shape == (0, 0)
