"""The error transformation against its inverse, and its slopes against differences."""

import pytest
import torch
from torch import Tensor

from losskit.plugins.law.h_consistency_transform.loss import HConsistencyTransform

TAUS = (0.0, 0.3, 0.9, 0.9999, 1.0, 1.0001, 1.3, 1.9, 1.999, 2.0, 3.0)
ERRORS = torch.tensor([1e-9, 1e-3, 0.2, 0.5, 0.77, 0.99, 1 - 1e-9], dtype=torch.float64)


def mapped(direction: str, tau: float, value: Tensor) -> Tensor:
    found: Tensor = HConsistencyTransform(direction=direction, tau=tau, num_classes=10, reduction="none")(value)
    return found


@pytest.mark.parametrize("tau", TAUS)
def test_gamma_is_the_inverse(tau: float) -> None:
    torch.testing.assert_close(mapped("gamma", tau, mapped("T", tau, ERRORS)), ERRORS, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("tau", TAUS)
def test_gradients_of_inverse_maps_are_reciprocal(tau: float) -> None:
    errors = ERRORS.clone().requires_grad_()
    there = mapped("T", tau, errors)
    back = mapped("gamma", tau, there)
    (slope,) = torch.autograd.grad(back.sum(), errors)
    torch.testing.assert_close(slope, torch.ones_like(ERRORS), rtol=1e-6, atol=0)


@pytest.mark.parametrize("tau", TAUS)
def test_the_ends_are_exact(tau: float) -> None:
    ends = torch.tensor([0.0, 1.0], dtype=torch.float64)
    top = mapped("T", tau, ends)
    assert top[0] == 0
    assert mapped("gamma", tau, top * (1 + 1e-12)).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("tau", [0.5, 1.0, 1.02])
def test_small_errors_keep_their_digits_in_single_precision(tau: float) -> None:
    errors = torch.tensor([1e-4, 1e-3, 0.05], dtype=torch.float32)
    wanted = mapped("T", tau, errors.double()).float()
    torch.testing.assert_close(mapped("T", tau, errors), wanted, rtol=1e-7, atol=0)
