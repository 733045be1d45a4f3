"""Losses swept block by block: what their backward pass supports, shown on a sum of squares."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from losskit.plugins.ops.blocked import Blocked, Gradients, blocked_sum, blocked_values
from losskit.plugins.ops.eager import own_backward


class Squares(Blocked):
    """``|x_i|^2``, its gradient by hand; counts its sweeps."""

    def __init__(self) -> None:
        self.sweeps = 0

    def plain(self, *inputs: Tensor | None) -> Tensor:
        (x,) = inputs
        assert x is not None
        return x.square().sum(1)

    def sweep(
        self, cotangent: Tensor | None, wanted: Sequence[bool], *inputs: Tensor | None
    ) -> tuple[Tensor, Gradients]:
        (x,) = inputs
        assert x is not None
        self.sweeps += 1
        values = self.plain(x)
        if cotangent is None or not wanted[0]:
            return values, [None]
        return values, [2 * x * cotangent.expand_as(values).unsqueeze(1)]


@pytest.fixture
def x() -> Tensor:
    return torch.tensor([[1.0, 2.0], [3.0, -1.0]], dtype=torch.float64, requires_grad=True)


def test_sum_makes_its_gradient_in_the_forward_pass(x: Tensor) -> None:
    loss = Squares()
    total = blocked_sum(loss, x)
    (gradient,) = torch.autograd.grad(3 * total, x)
    assert loss.sweeps == 1
    assert torch.equal(gradient, 6 * x.detach())


def test_values_sweep_again_in_the_backward_pass(x: Tensor) -> None:
    loss = Squares()
    values = blocked_values(loss, x)
    (gradient,) = torch.autograd.grad(values @ torch.tensor([1.0, -2.0], dtype=torch.float64), x)
    assert loss.sweeps == 2
    assert torch.equal(gradient, torch.tensor([[2.0, 4.0], [-12.0, 4.0]], dtype=torch.float64))


@pytest.mark.parametrize("blocked", [blocked_sum, blocked_values])
def test_a_second_backward_pass_gives_the_same_bits(x: Tensor, blocked: type) -> None:
    total = blocked(Squares(), x).sum()
    first, second = (torch.autograd.grad(total, x, retain_graph=True)[0] for _ in range(2))
    assert torch.equal(first, second)


def test_double_backward_is_that_of_the_plain_form(x: Tensor) -> None:
    assert torch.autograd.gradgradcheck(lambda x: blocked_sum(Squares(), x), [x])
    assert torch.autograd.gradgradcheck(lambda x: blocked_values(Squares(), x), [x])


def test_without_gradients_there_is_one_sweep_for_values_alone(x: Tensor) -> None:
    loss = Squares()
    with torch.no_grad():
        total = blocked_sum(loss, x)
    assert loss.sweeps == 1
    assert not total.requires_grad


def test_transforms_are_told_to_take_the_plain_form(x: Tensor) -> None:
    def plain_or_not(x: Tensor) -> Tensor:
        return x.sum() if own_backward(x) else 2 * x.sum()

    assert torch.func.grad(plain_or_not)(x)[0, 0] == 2
    assert own_backward(x, None)


def test_gradients_come_in_batches(x: Tensor) -> None:
    factors = torch.tensor([1.0, -2.0], dtype=torch.float64)
    (found,) = torch.autograd.grad(blocked_sum(Squares(), x), x, factors, is_grads_batched=True)
    assert torch.equal(found, factors.reshape(2, 1, 1) * 2 * x.detach())
    (rows,) = torch.autograd.grad(
        blocked_values(Squares(), x), x, torch.eye(2, dtype=torch.float64), is_grads_batched=True
    )
    assert torch.equal(rows, torch.eye(2, dtype=torch.float64).unsqueeze(2) * 2 * x.detach())
