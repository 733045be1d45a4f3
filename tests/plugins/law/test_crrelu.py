"""What the spec of CRReLU cannot express: the odd part, smoothness away from the kink, and the two ways to give epsilon."""

import pytest
import torch

import losskit

POINTS = torch.tensor([-30.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 30.0], dtype=torch.float64)


@pytest.mark.parametrize("epsilon", [-1.5, -0.2, 0.0, 0.01, 3.0])
def test_the_odd_part_is_linear_but_for_the_bump(epsilon: float) -> None:
    activation = losskit.create("crrelu", reduction="none", epsilon=epsilon)
    odd = activation(POINTS) - activation(-POINTS)
    torch.testing.assert_close(odd, POINTS + 2 * epsilon * POINTS * torch.exp(-(POINTS**2) / 2))


@pytest.mark.parametrize("epsilon", [-0.2, 0.01])
def test_it_is_smooth_away_from_0(epsilon: float) -> None:
    activation = losskit.create("crrelu", reduction="none", epsilon=epsilon)
    points = POINTS.clone().requires_grad_()
    assert torch.autograd.gradcheck(activation, (points,))
    assert torch.autograd.gradgradcheck(activation, (points,))


def test_the_slope_at_0_is_epsilon() -> None:
    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    losskit.create("crrelu", epsilon=0.3)(x).backward()
    assert x.grad is not None
    assert x.grad.item() == 0.3


def test_a_coefficient_that_is_given_replaces_the_parameter_and_learns() -> None:
    epsilon = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    value = losskit.create("crrelu", reduction="none", epsilon=-1.0)(POINTS, epsilon)
    torch.testing.assert_close(value.detach(), losskit.create("crrelu", reduction="none", epsilon=0.3)(POINTS))
    value[2].backward()
    torch.testing.assert_close(epsilon.grad, -torch.exp(torch.tensor(-0.5, dtype=torch.float64)))
