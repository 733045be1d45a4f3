"""LDR-KL in float32 far beyond the temperatures that claims are checked at."""

import pytest
import torch

import losskit

SCORES = torch.randn(64, 1000, generator=torch.Generator().manual_seed(0))
TARGET = torch.arange(64)


@pytest.mark.parametrize("lam", [1e-38, 1e-20, 1e-3, 1.0, 1e3, 1e6, 1e12, 1e30, 1e38, 1e300])
def test_no_temperature_costs_digits(lam: float) -> None:
    loss = losskit.create("ldr_kl", lam=lam, margin=0.3, reduction="none")
    scores = SCORES.clone().requires_grad_()
    value = loss(scores, TARGET)
    torch.testing.assert_close(value.double(), loss(SCORES.double(), TARGET), rtol=2e-6, atol=2e-6)
    value.sum().backward()
    assert scores.grad is not None
    assert bool(scores.grad.isfinite().all())
