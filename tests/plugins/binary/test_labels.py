"""Losses of one score: subgradients at kinks, digits in float32 far out, and shapes, which claims do not reach."""

from typing import Any

import pytest
import torch

import losskit

EVERY = [
    ("logistic", {}),
    ("hinge", {"margin": 0.5}),
    ("squared_hinge", {}),
    ("binary_cross_entropy_with_logits", {"pos_weight": 3.0}),
    ("sigmoid_focal", {}),
    ("sigmoid_focal", {"alpha": None, "gamma": 0.5}),
    ("sigmoid_focal", {"alpha": 1.0, "gamma": 0.01}),
    ("binary_dice", {}),
    ("binary_dice", {"squared_denominator": False, "smooth": 0.01}),
    ("binary_tversky", {"alpha": 0.3, "beta": 0.7}),
    ("self_adjusting_dice", {"alpha": 0.01}),
    ("self_adjusting_dice", {"alpha": 0.0, "squared_denominator": True}),
    ("self_adjusting_dice", {"detach_weight": True}),
]
SOFT = ("binary_cross_entropy_with_logits", "sigmoid_focal")


@pytest.mark.parametrize(("name", "margin"), [("hinge", 1.0), ("hinge", 0.0), ("squared_hinge", 2.0)])
def test_a_score_at_the_margin_has_no_gradient(name: str, margin: float) -> None:
    scores = torch.tensor([margin, -margin], requires_grad=True)
    losskit.create(name, margin=margin, reduction="sum")(scores, torch.tensor([1.0, 0.0])).backward()
    assert scores.grad is not None
    assert scores.grad.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("name", "parameters", "label"),
    [
        (name, parameters, label)
        for name, parameters in EVERY
        for label in (0.0, 1.0, *((0.3, 1e-30, 1 - 1e-7) if name in SOFT else ()))
    ],
    ids=str,
)
def test_single_precision_keeps_its_digits_and_its_gradient(
    name: str, parameters: dict[str, Any], label: float
) -> None:
    loss = losskit.create(name, reduction="none", **parameters)
    scores = torch.tensor([-1e4, -90.0, -17.0, -1.0, 0.0, 1e-3, 1.0, 17.0, 90.0, 1e4], requires_grad=True)
    target = torch.full((10,), label)
    wide = scores.detach().double().requires_grad_()
    value, exact = loss(scores, target), loss(wide, target.double())
    torch.testing.assert_close(value.double(), exact, rtol=2e-6, atol=1e-37)
    value.sum().backward()
    exact.sum().backward()
    assert scores.grad is not None
    assert wide.grad is not None
    torch.testing.assert_close(scores.grad.double(), wide.grad, rtol=5e-6, atol=1e-37)


@pytest.mark.parametrize("name", SOFT)
def test_entries_of_any_shape_are_averaged_alike(name: str) -> None:
    scores, target = torch.randn(2, 3, 4, dtype=torch.float64), torch.rand(2, 3, 4, dtype=torch.float64)
    weight = torch.rand(2, 3, 4, dtype=torch.float64)
    each = losskit.create(name, reduction="none")(scores, target)
    mean = losskit.create(name)
    assert each.shape == (2, 3, 4)
    torch.testing.assert_close(mean(scores, target), each.mean())
    torch.testing.assert_close(mean(scores, target, sample_weight=weight), (each * weight).sum() / weight.sum())
    assert mean(scores[0, 0, 0], target[0, 0, 0]).shape == ()


def test_the_second_derivative_of_the_focal_loss_has_no_gap_where_both_terms_tie() -> None:
    loss = losskit.create("sigmoid_focal", alpha=None, reduction="sum")
    half = torch.tensor([0.5], dtype=torch.float64)
    at = [torch.tensor([x], dtype=torch.float64, requires_grad=True) for x in (0.0, 1e-9)]
    bends = [torch.autograd.functional.hessian(lambda x: loss(x, half), x).item() for x in at]
    assert bends[0] == pytest.approx(bends[1], rel=1e-6)
