"""Variances of belonging to a class: digits at both ends, in eager mode and in graphs."""

import pytest
import torch
from torch import Tensor

from losskit.plugins.ops.sigmoid import sigmoids
from losskit.plugins.ops.variances import class_variances, log_rest, variance

ROWS = [
    [0.0, 0.0, 0.0],
    [0.3, -0.4, 0.2],
    [0.0, 30.0, 1.0],
    [50.0, 2.0, 0.0],
    [-60.0, 0.0, -2.0],
    [3.0, 2.0, -40.0],
    [-1e4, 0.0, 1e4],
]


def spelled_out(scores: Tensor) -> Tensor:
    log_p = torch.log_softmax(scores, dim=-1)
    return torch.exp(log_p + log_rest(log_p))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_variance_keeps_its_digits_and_its_slope(dtype: torch.dtype) -> None:
    x = torch.tensor([-80.0, -17.0, -1.0, -1e-6, 0.0, 0.4, 3.0, 18.0, 70.0], dtype=dtype, requires_grad=True)
    value = variance(x)
    (slope,) = torch.autograd.grad(value.sum(), x)
    yes, no = sigmoids(x.detach().double())
    rtol = 16 * torch.finfo(dtype).eps
    torch.testing.assert_close(value.double(), yes * no, rtol=rtol, atol=0)
    torch.testing.assert_close(slope.double(), -yes * no * torch.tanh(x.detach().double() / 2), rtol=rtol, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_variances_of_classes_are_those_of_the_logarithms(dtype: torch.dtype) -> None:
    scores = torch.tensor(ROWS, dtype=dtype, requires_grad=True)
    wide = torch.tensor(ROWS, dtype=torch.float64, requires_grad=True)
    weight = torch.tensor([1.0, -0.6, 2.0])
    value, exact = class_variances(scores), spelled_out(wide)
    rtol, smallest = 64 * torch.finfo(dtype).eps, torch.finfo(dtype).tiny
    torch.testing.assert_close(value.double(), exact, rtol=rtol, atol=smallest)
    (slope,) = torch.autograd.grad((value * weight.to(dtype)).sum(), scores)
    (wanted,) = torch.autograd.grad((exact * weight.double()).sum(), wide)
    torch.testing.assert_close(slope.double(), wanted, rtol=rtol, atol=smallest)


def test_a_class_alone_has_no_variance() -> None:
    scores = torch.tensor([[3.0], [-1e4]], requires_grad=True)
    value = class_variances(scores)
    (slope,) = torch.autograd.grad(value.sum(), scores)
    assert not value.any()
    assert not slope.any()


def test_not_a_number_stays_in_its_row() -> None:
    scores = torch.tensor([[0.0, float("nan"), 1.0], [0.0, 1.0, 2.0]])
    value = class_variances(scores)
    assert value[0].isnan().all()
    torch.testing.assert_close(value[1], spelled_out(scores[1:])[0])


def test_second_derivatives_are_right() -> None:
    x = torch.tensor([-2.0, 0.3, 4.0], dtype=torch.float64, requires_grad=True)
    scores = torch.tensor([[0.3, -0.4, 0.2], [0.0, 5.0, 1.0]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(variance, x)
    assert torch.autograd.gradgradcheck(class_variances, scores)
