"""Where the truncated loss is constant: its gradient there, the kink included, which no claim about values decides."""

import pytest
import torch

import losskit


@pytest.mark.parametrize("q", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(
    ("scores", "moves"),
    [
        ([0.0, 0.0], False),  # p_y is the truncation exactly
        ([-1e-9, 0.0], False),
        ([-1e4, 1e4], False),
        ([1e-9, 0.0], True),
        ([3.0, 0.0], True),
    ],
)
def test_rows_at_or_below_the_truncation_have_exactly_zero_gradient(q: float, scores: list[float], moves: bool) -> None:
    logits = torch.tensor([scores], dtype=torch.float64, requires_grad=True)
    losskit.create("generalized_cross_entropy", q=q, truncation=0.5)(logits, torch.tensor([0])).backward()
    assert logits.grad is not None
    assert bool((logits.grad != 0).all()) == moves
    assert bool((logits.grad != 0).any()) == moves


def test_a_hopeless_label_keeps_its_gradient_untruncated() -> None:
    logits = torch.tensor([[-40.0, 0.0]], dtype=torch.float64, requires_grad=True)
    losskit.create("generalized_cross_entropy", q=0.1)(logits, torch.tensor([0])).backward()
    assert logits.grad is not None
    assert logits.grad[0, 0].item() == pytest.approx(-(2.718281828459045**-4), rel=1e-9)  # -p^q (1 - p)
