"""Gradients where wrong classes tie: which maximiser they take, which no claim about values decides."""

from typing import Any

import pytest
import torch

import losskit


@pytest.mark.parametrize(
    ("name", "parameters"), [("crammer_singer", {}), ("ldr_k", {}), ("ldr_kl", {"lam": 0.0, "margin": 1.0})]
)
@pytest.mark.parametrize(
    ("scores", "gradient"),
    [
        ([1.0, 0.0, 0.0], [0.0, 0.0, 0.0]),  # all three attain the maximum: the label wins
        ([0.0, 2.0, 2.0], [-1.0, 1.0, 0.0]),  # two wrong classes attain it: the first of them
    ],
)
def test_the_hinge_takes_one_maximiser(
    name: str, parameters: dict[str, Any], scores: list[float], gradient: list[float]
) -> None:
    logits = torch.tensor([scores], requires_grad=True)
    losskit.create(name, **parameters)(logits, torch.tensor([0])).backward()
    assert logits.grad is not None
    assert logits.grad.tolist() == [gradient]


def test_a_temperature_shares_the_gradient_among_all_maximisers() -> None:
    logits = torch.tensor([[0.0, 2.0, 2.0]], requires_grad=True)
    losskit.create("ldr_kl", lam=1e-12, margin=1.0)(logits, torch.tensor([0])).backward()
    assert logits.grad is not None
    assert logits.grad.tolist() == [[-1.0, 0.5, 0.5]]
