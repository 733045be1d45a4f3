"""The norm of the margins' displacement at and near zero, where its square has no digits left."""

import pytest
import torch

import losskit

TARGET = torch.tensor([0])


def test_an_attack_that_moves_no_margin_adds_no_gradient() -> None:
    clean = torch.tensor([[1.0, 0.0, -2.0]], requires_grad=True)
    attacked = (clean.detach() + 3.0).requires_grad_()
    losskit.create("smooth_adversarial_comp_sum", nu=5.0)(clean, attacked, TARGET).backward()
    assert attacked.grad is not None
    assert clean.grad is not None
    assert attacked.grad.tolist() == [[0.0, 0.0, 0.0]]
    torch.testing.assert_close(clean.grad, clean.detach().softmax(1) - torch.eye(3)[:1])


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e25])
def test_displacements_whose_squares_leave_float32_keep_norm_and_gradient(size: float) -> None:
    clean = torch.zeros(1, 2)
    attacked = torch.tensor([[-size, 0.0]], requires_grad=True)
    value = losskit.create("smooth_adversarial_comp_sum", reduction="none")(clean, attacked, TARGET)
    value.sum().backward()
    assert attacked.grad is not None
    assert attacked.grad.tolist() == [[-1.0, 1.0]]
    assert (value.double() - 0.6931471805599453).item() == pytest.approx(
        size if size > 1e-7 else 0.0, rel=1e-6, abs=1e-7
    )
