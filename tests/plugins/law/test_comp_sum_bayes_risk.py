"""The Bayes risk against the risks it is the least of."""

import pytest
import torch

from losskit.plugins.classification.comp_sum.loss import CompSumLoss
from losskit.plugins.law.comp_sum_bayes_risk.loss import CompSumBayesRisk

TAUS = (0.0, 0.5, 1.0, 1.02, 1.5, 1.9, 2.0, 3.0)
SHARES = torch.randn(20, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64).softmax(1)


def risk(tau: float, scores: torch.Tensor) -> torch.Tensor:
    loss = CompSumLoss(tau=tau, reduction="none")
    return sum((SHARES[:, k] * loss(scores, torch.full((20,), k)) for k in range(5)), torch.zeros(()))


@pytest.mark.parametrize("tau", TAUS)
def test_the_minimising_scores_reach_it(tau: float) -> None:
    scores = SHARES.log() / (2 - tau) if tau < 2 else 1e4 * (SHARES.amax(1, keepdim=True) == SHARES).double()
    torch.testing.assert_close(CompSumBayesRisk(tau=tau, reduction="none")(SHARES), risk(tau, scores))


@pytest.mark.parametrize("tau", TAUS)
def test_no_scores_go_below_it(tau: float) -> None:
    least = CompSumBayesRisk(tau=tau, reduction="none")(SHARES)
    for seed in range(20):
        scores = 3 * torch.randn(20, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        assert (risk(tau, scores) >= least - 1e-12).all()


@pytest.mark.parametrize("tau", [0.0, 1.0, 1.05, 1.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_an_absent_class_takes_no_gradient(tau: float, dtype: torch.dtype) -> None:
    probs = torch.tensor([[0.75, 0.25, 0.0, 1e-42]], dtype=dtype, requires_grad=True)
    CompSumBayesRisk(tau=tau)(probs).backward()
    assert probs.grad is not None
    assert probs.grad[0, 2:].tolist() == [0.0, 0.0]


def test_largest_shares_that_tie_share_the_gradient() -> None:
    probs = torch.tensor([[0.4, 0.2, 0.4]], dtype=torch.float64, requires_grad=True)
    CompSumBayesRisk(tau=2.0)(probs).backward()
    assert probs.grad is not None
    assert probs.grad.tolist() == [[-0.5, 0.0, -0.5]]
