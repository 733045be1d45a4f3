"""The temperatures of ALDR-KL, which its value shows only indirectly."""

import pytest
import torch

from losskit.plugins.classification.aldr_kl.loss import ALDRKLLoss

SCORES = 4 * torch.randn(200, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
TARGET = torch.arange(200) % 5


@pytest.mark.parametrize(("lam0", "alpha"), [(1.0, 2.0), (0.3, 1.2), (5.0, 10.0)])
def test_temperatures_lie_between_their_bounds_and_flat_scores_keep_the_highest(lam0: float, alpha: float) -> None:
    loss = ALDRKLLoss(lam0=lam0, alpha=alpha)
    lam = loss.temperature(SCORES, TARGET)
    assert lam.min() >= lam0 * (1 - 1 / alpha) - 1e-12
    assert lam.max() <= lam0 + 1e-12
    assert loss.temperature(torch.zeros(1, 5), TARGET[:1]).item() == pytest.approx(lam0)


def test_single_steps_from_stored_temperatures_are_the_iteration() -> None:
    step, whole = ALDRKLLoss(max_iter=1), ALDRKLLoss(max_iter=4)
    lam = step.temperature(SCORES, TARGET)
    for _ in range(2):
        lam = step.temperature(SCORES, TARGET, lam)
    torch.testing.assert_close(step(SCORES, TARGET, lam), whole(SCORES, TARGET), rtol=1e-12, atol=1e-12)


def test_of_two_maxima_the_iteration_finds_the_one_of_the_higher_temperature() -> None:
    scores = torch.zeros(1, 1000, dtype=torch.float64)
    scores[0, 1] = 5.25
    loss = ALDRKLLoss(max_iter=500)
    target = torch.tensor([0])
    assert loss.temperature(scores, target).item() == pytest.approx(0.92612, abs=1e-5)
    assert loss.temperature(scores, target, torch.tensor([0.5])).item() == pytest.approx(0.55452, abs=1e-5)


def test_no_gradient_flows_through_the_temperature() -> None:
    scores = SCORES.clone().requires_grad_()
    ALDRKLLoss(max_iter=1, reduction="sum")(scores, TARGET).backward()
    lam = ALDRKLLoss(max_iter=1).temperature(SCORES, TARGET)
    gaps = SCORES - SCORES.gather(1, TARGET.unsqueeze(1))
    wanted = (gaps / lam.unsqueeze(1)).softmax(1) - torch.nn.functional.one_hot(TARGET, 5)
    torch.testing.assert_close(scores.grad, wanted, rtol=1e-10, atol=1e-12)
