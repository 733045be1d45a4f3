"""Losses of one score: subgradients at kinks, digits in float32 far out, shapes and draws, which claims do not reach."""

from typing import Any

import pytest
import torch

import losskit
from losskit.spec.errors import InputError

EVERY = [
    ("logistic", {}),
    ("hinge", {"margin": 0.5}),
    ("squared_hinge", {}),
    ("binary_cross_entropy_with_logits", {"pos_weight": 3.0}),
    ("sigmoid_focal", {}),
    ("sigmoid_focal", {"alpha": None, "gamma": 0.5}),
    ("sigmoid_focal", {"alpha": 1.0, "gamma": 0.01}),
    ("asymmetric_loss", {}),
    ("asymmetric_loss", {"gamma_neg": 0.5, "clip": 0.01}),
    ("asymmetric_loss", {"gamma_neg": 2.0, "gamma_pos": 0.5, "clip": None, "detach_weight": True}),
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


@pytest.mark.parametrize("gamma_neg", [0.0, 0.5, 1.0, 4.0])
@pytest.mark.parametrize("detach_weight", [False, True])
def test_a_negative_that_the_shift_discards_has_no_gradient(gamma_neg: float, detach_weight: bool) -> None:
    loss = losskit.create(
        "asymmetric_loss", gamma_neg=gamma_neg, clip=0.5, detach_weight=detach_weight, reduction="sum"
    )
    scores = torch.tensor([0.0, -1.0, -1e4], requires_grad=True)
    loss(scores, torch.zeros(3)).backward()
    assert scores.grad is not None
    assert scores.grad.tolist() == [0.0, 0.0, 0.0]


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


@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 4, 3), (0, 3)])
def test_a_list_of_weights_runs_along_the_last_axis(shape: tuple[int, ...]) -> None:
    weight = [0.5, 3.0, 1.0]
    loss = losskit.create("binary_cross_entropy_with_logits", pos_weight=weight, reduction="sum")
    peer = torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor(weight, dtype=torch.float64), reduction="sum")
    scores, target = torch.randn(shape, dtype=torch.float64), torch.rand(shape, dtype=torch.float64)
    ours, theirs = scores.clone().requires_grad_(), scores.clone().requires_grad_()
    loss(ours, target).backward()
    peer(theirs, target).backward()
    torch.testing.assert_close(loss(scores, target), peer(scores, target))
    torch.testing.assert_close(ours.grad, theirs.grad)
    torch.testing.assert_close(torch.jit.script(loss)(scores, target), loss(scores, target))
    assert losskit.from_config(loss.config())(scores, target) == loss(scores, target)


@pytest.mark.parametrize("shape", [(4,), (3, 1), ()])
def test_a_list_of_weights_fits_one_last_axis(shape: tuple[int, ...]) -> None:
    loss = losskit.create("binary_cross_entropy_with_logits", pos_weight=[0.5, 3.0, 1.0])
    with pytest.raises(InputError, match="logits must have a last axis = 3 as parameter pos_weight has it, found"):
        loss(torch.zeros(shape), torch.zeros(shape))


def test_noise_that_is_left_out_is_drawn_by_the_generator() -> None:
    loss = losskit.create("ens_loss", lam=0.5, reduction="none")
    scores, target = torch.linspace(-2, 2, 7), torch.tensor([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    before = torch.get_rng_state()
    drawn = loss(scores, target, generator=torch.Generator().manual_seed(3))
    noise = torch.randn(7, generator=torch.Generator().manual_seed(3))
    assert torch.equal(torch.get_rng_state(), before)
    torch.testing.assert_close(drawn, loss(scores, target, noise))
    assert not torch.equal(loss(scores, target), loss(scores, target))


@pytest.mark.parametrize("kind", [torch.float16, torch.float32, torch.float64])
def test_derivatives_rise_with_the_margin_within_their_bounds(kind: torch.dtype) -> None:
    scores = torch.linspace(-3, 3, 41).to(kind).requires_grad_()
    noise = 2 * torch.randn(41, generator=torch.Generator().manual_seed(0))
    losskit.create("ens_loss", lam=-0.3, clip=0.5, offset=0.125, reduction="sum")(
        scores, torch.ones(41), noise
    ).backward()
    assert scores.grad is not None
    assert (scores.grad.diff() >= 0).all()
    assert scores.grad.min() == -0.625
    assert scores.grad.max() < -0.125


def test_tied_margins_take_derivatives_in_the_order_of_the_batch() -> None:
    scores = torch.zeros(100, requires_grad=True)
    noise = torch.linspace(1, -1, 100)
    losskit.create("ens_loss", clip=10.0, offset=0.0, reduction="sum")(scores, torch.ones(100), noise).backward()
    assert scores.grad is not None
    torch.testing.assert_close(scores.grad, -noise.exp())
