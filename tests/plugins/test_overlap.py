"""Losses of an overlap: relations that no claim can word, and weights whose scores have to be kept in logarithms."""

from typing import Any

import pytest
import torch
from torch import Tensor

import losskit

DTYPE = torch.float64


@pytest.mark.parametrize("aggregation", ["sample", "set"])
@pytest.mark.parametrize("alpha", [0.0, 0.01, 1.0, 2.5])
@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("detached", [False, True])
def test_two_classes_are_each_one_against_the_rest(
    aggregation: str, alpha: float, squared: bool, detached: bool
) -> None:
    given: dict[str, Any] = {
        "alpha": alpha,
        "smooth": 0.3,
        "squared_denominator": squared,
        "aggregation": aggregation,
        "detach_weight": detached,
        "reduction": "none",
    }
    one = losskit.create("self_adjusting_dice", **given)
    both = losskit.create("self_adjusting_dice_multiclass", **given)
    gap = torch.tensor([0.5, -1.0, 2.0, -30.0, 40.0], dtype=DTYPE, requires_grad=True)
    label = torch.tensor([1, 0, 0, 1, 1])
    target = label.to(DTYPE)
    apart = one(gap, target) + one(-gap, 1 - target)
    together = both(torch.stack([torch.zeros_like(gap), gap], dim=-1), label)
    torch.testing.assert_close(together, apart, rtol=1e-12, atol=1e-14)
    slopes = [torch.autograd.grad(value.sum(), gap)[0] for value in (together, apart)]
    torch.testing.assert_close(slopes[0], slopes[1], rtol=1e-10, atol=1e-16)


@pytest.mark.parametrize("classes", [1, 2, 5])
@pytest.mark.parametrize("alpha", [0.0, 0.01, 0.5])
def test_a_weight_of_a_sure_class_keeps_its_digits_in_single_precision(classes: int, alpha: float) -> None:
    loss = losskit.create("self_adjusting_dice_multiclass", alpha=alpha, reduction="none")
    scores = torch.zeros(6, classes)
    scores[:, 0] = torch.tensor([0.0, 17.0, 90.0, 200.0, 1000.0, 1e4])
    for label in range(min(classes, 2)):
        target = torch.full((6,), label)
        narrow, wide = (_value_and_slope(loss, x, target) for x in (scores, scores.double()))
        torch.testing.assert_close(narrow[0].double(), wide[0], rtol=3e-6, atol=1e-7)
        torch.testing.assert_close(narrow[1].double(), wide[1], rtol=1e-4, atol=5e-7)  # digits of float32 near 1


def _value_and_slope(loss: torch.nn.Module, scores: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    held = scores.detach().requires_grad_()
    value: Tensor = loss(held, target)
    return value.detach(), torch.autograd.grad(value.sum(), held)[0]


@pytest.mark.parametrize(
    "name", ["binary_dice", "binary_tversky", "self_adjusting_dice", "self_adjusting_dice_multiclass"]
)
def test_the_value_of_a_set_is_a_scalar_whatever_the_reduction(name: str) -> None:
    scores = torch.randn(5, 3, dtype=DTYPE) if name.endswith("multiclass") else torch.randn(5, dtype=DTYPE)
    target = torch.tensor([0, 1, 1, 0, 1])
    labels = target if name.endswith("multiclass") else target.to(DTYPE)
    found = [
        losskit.create(name, aggregation="set", reduction=reduction)(scores, labels)
        for reduction in ("none", "sum", "mean")
    ]
    assert [value.shape for value in found] == [()] * 3
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(("detached", "sign"), [(False, -1.0), (True, 1.0)])
def test_a_negative_beyond_the_peak_is_pushed_up_unless_the_weight_is_detached(detached: bool, sign: float) -> None:
    score = torch.tensor([2.0], dtype=DTYPE, requires_grad=True)
    losskit.create("self_adjusting_dice", detach_weight=detached)(score, torch.zeros(1, dtype=DTYPE)).backward()
    assert score.grad is not None
    assert float(score.grad.sign()) == sign
