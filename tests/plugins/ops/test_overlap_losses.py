"""Dice and Tversky losses of single entries: the short slopes of eager mode against the spelled-out forms of graphs."""

import pytest
import torch
from torch import Tensor

from losskit.plugins.ops.overlap import overlap_parts, tversky_parts
from losskit.plugins.ops.overlap_losses import dice_losses, tversky_losses
from losskit.plugins.ops.sigmoid import sigmoids

PLACES = [-80.0, -40.0, -17.0, -3.0, -0.1, 0.0, 0.7, 5.0, 20.0, 60.0]
WEIGHTS = [(0.5, 0.5), (0.3, 0.7), (0.0, 1.0), (2.0, 1e-6)]


def points(dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    scores = torch.tensor(PLACES * 2, dtype=dtype, requires_grad=True)
    return scores, torch.tensor([0.0] * len(PLACES) + [1.0] * len(PLACES), dtype=dtype)


def agree(value: Tensor, wide: Tensor, narrow_scores: Tensor, wide_scores: Tensor) -> None:
    rtol = max(32 * torch.finfo(value.dtype).eps, 1e-11)  # the slope of the spelled-out form cancels where s is small
    smallest = torch.finfo(value.dtype).tiny
    torch.testing.assert_close(value.double(), wide, rtol=rtol, atol=smallest)
    (slope,) = torch.autograd.grad(value.sum(), narrow_scores)
    (exact,) = torch.autograd.grad(wide.sum(), wide_scores)
    torch.testing.assert_close(slope.double(), exact, rtol=rtol, atol=smallest)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("smooth", [1e-4, 1.0, 30.0])
def test_dice_losses_are_the_quotient_of_the_parts(dtype: torch.dtype, squared: bool, smooth: float) -> None:
    (scores, label), (wide_scores, wide_label) = points(dtype), points(torch.float64)
    wrong, size = overlap_parts(*sigmoids(wide_scores), wide_label, squared)
    agree(dice_losses(*sigmoids(scores), label, smooth, squared), wrong / (size + smooth), scores, wide_scores)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("alpha", "beta"), WEIGHTS)
@pytest.mark.parametrize("smooth", [1e-4, 1.0, 30.0])
def test_tversky_losses_are_the_quotient_of_the_parts(
    dtype: torch.dtype, alpha: float, beta: float, smooth: float
) -> None:
    (scores, label), (wide_scores, wide_label) = points(dtype), points(torch.float64)
    wrong, size = tversky_parts(*sigmoids(wide_scores), wide_label, alpha, beta)
    agree(tversky_losses(*sigmoids(scores), label, alpha, beta, smooth), wrong / (size + smooth), scores, wide_scores)


def test_second_derivatives_are_right() -> None:
    scores = torch.tensor([-2.0, -0.3, 0.4, 3.0], dtype=torch.float64, requires_grad=True)
    label = torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=torch.float64)
    assert torch.autograd.gradgradcheck(lambda x: dice_losses(*sigmoids(x), label, 0.3, True), scores)
    assert torch.autograd.gradgradcheck(lambda x: tversky_losses(*sigmoids(x), label, 0.3, 0.8, 0.2), scores)


def test_a_mask_serves_as_the_label() -> None:
    scores, label = points(torch.float32)
    share, missing = sigmoids(scores)
    for squared in (False, True):
        masked = dice_losses(share, missing, label == 1, 1.0, squared)
        assert torch.equal(masked, dice_losses(share, missing, label, 1.0, squared))
