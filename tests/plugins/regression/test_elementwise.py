"""What the specs of element-wise losses cannot express: shapes of every rank, and digits of close numbers."""

import pytest
import torch

import losskit
from losskit.spec.errors import InputError

ELEMENTWISE = ["huber", "mae", "mse"]


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 3)])
def test_the_mean_is_over_all_elements_whatever_the_rank(name: str, shape: tuple[int, ...]) -> None:
    x, y = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    values = losskit.create(name, reduction="none")(x, y)
    assert values.shape == shape
    torch.testing.assert_close(losskit.create(name)(x, y), values.sum() / values.numel())
    scripted = torch.jit.script(losskit.create(name))
    torch.testing.assert_close(scripted(x, y), values.mean())


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_element_has_a_weight_of_its_own(name: str) -> None:
    x, y = torch.tensor([[1.0, 2.0], [4.0, 0.5]]), torch.zeros(2, 2)
    weight = torch.tensor([[1.0, 0.0], [3.0, 2.0]])
    values = losskit.create(name, reduction="none")(x, y)
    torch.testing.assert_close(losskit.create(name)(x, y, sample_weight=weight), (values * weight).sum() / 6)
    with pytest.raises(InputError, match=r"sample_weight must have the shape \(2, 2\), found \(2,\)"):
        losskit.create(name)(x, y, sample_weight=torch.ones(2))


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_close_numbers_keep_their_difference_in_float32(name: str) -> None:
    x, y = torch.tensor([16384.0]), torch.tensor([16384.0078125])
    loss = losskit.create(name)
    torch.testing.assert_close(loss(x, y).double(), loss(x.double(), y.double()), rtol=1e-6, atol=0)


def test_the_absolute_error_has_no_slope_at_the_target() -> None:
    x = torch.zeros(2, requires_grad=True)
    losskit.create("mae")(x, torch.zeros(2)).backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 0.0]


def test_the_second_derivative_of_the_huber_loss_is_one_at_the_target_too() -> None:
    x = torch.tensor([0.0, 0.5, 2.0], requires_grad=True)
    (slope,) = torch.autograd.grad(losskit.create("huber", reduction="sum")(x, torch.zeros(3)), x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), x)
    assert slope.tolist() == [0.0, 0.5, 1.0]
    assert curvature.tolist() == [1.0, 1.0, 0.0]
