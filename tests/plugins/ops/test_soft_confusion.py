"""Soft confusion matrices: sums and slopes of eager mode against products spelled out."""

import torch
from torch import Tensor

from losskit.plugins.ops.soft_confusion import amplified, soft_confusion, soft_errors

SCORES = [-50.0, -20.0, -2.0, 0.0, 0.3, 4.0, 18.0, 60.0]
LABELS = [1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0]
COEFFICIENTS = (1.0, 0.3, -0.7, 2.0)


def mixed(decision: Tensor, positive: Tensor) -> Tensor:
    sums = soft_confusion(decision, positive, 1 - positive)
    return torch.stack([c * s for c, s in zip(COEFFICIENTS, sums, strict=True)]).sum()


def test_sums_are_those_of_the_shares_and_slopes_keep_their_digits() -> None:
    positive = torch.tensor(LABELS)
    decision = torch.tensor(SCORES, requires_grad=True)
    wide = torch.tensor(SCORES, dtype=torch.float64)
    yes, no, t = torch.sigmoid(wide), torch.sigmoid(-wide), positive.double()
    wanted = ((t * yes).sum(), (t * no).sum(), ((1 - t) * yes).sum(), ((1 - t) * no).sum())
    for found, exact in zip(soft_confusion(decision, positive, 1 - positive), wanted, strict=True):
        torch.testing.assert_close(found.double(), exact, rtol=1e-6, atol=0)
    (slope,) = torch.autograd.grad(mixed(decision, positive), decision)
    of_hit, of_miss, of_alarm, of_rest = COEFFICIENTS
    exact = (t * (of_hit - of_miss) + (1 - t) * (of_alarm - of_rest)) * yes * no
    torch.testing.assert_close(slope.double(), exact, rtol=1e-5, atol=0)


def test_errors_are_two_of_the_sums() -> None:
    decision, positive = torch.tensor(SCORES), torch.tensor(LABELS)
    _, missed, alarms, _ = soft_confusion(decision, positive, 1 - positive)
    assert soft_errors(decision, positive, 1 - positive) == (missed, alarms)


def test_second_derivatives_are_right() -> None:
    scores = torch.tensor([-2.0, -0.3, 0.4, 3.0], dtype=torch.float64, requires_grad=True)
    positive = torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=torch.float64)
    assert torch.autograd.gradgradcheck(lambda x: amplified(x, 7.0), scores)
    assert torch.autograd.gradgradcheck(lambda x: mixed(x, positive).square(), scores)
    assert torch.autograd.gradgradcheck(lambda x: soft_errors(x, positive, 1 - positive), scores)
