"""Eager forms with a backward pass of their own: value and slope as graphs have them, and a right second derivative."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from losskit.plugins.ops import classes, clip, exponential, leading, signs, softplus, support

LABEL = torch.arange(50) % 7
PLACE = torch.linspace(0, 6, 50, dtype=torch.float64)
Function = Callable[[Tensor], Tensor]


def clipped(x: Tensor) -> Tensor:
    """Clipped to an interval that both ends of the scale reach."""
    return clip.clip(x, -0.5, 0.25)


def margins(x: Tensor) -> Tensor:
    """Margin violations."""
    return classes.margin_violations(x, LABEL[: len(x)], 0.5)


def missing(x: Tensor) -> Tensor:
    """What the leader leaves to the others."""
    return -leading.share_of_leader(x, leading.leader(x))[1]


def missing_in_sum(x: Tensor) -> Tensor:
    """The same, added up."""
    others = 1 - torch.nn.functional.one_hot(x.argmax(dim=-1), x.size(-1))
    return (torch.softmax(x, dim=-1) * others).sum(dim=-1)


def between(x: Tensor) -> Tensor:
    """Cross-entropy against the shares of two neighbours."""
    return support.cross_entropy_between(x, PLACE[: len(x)].to(x.dtype))


def against_shares(x: Tensor) -> Tensor:
    """Cross-entropy against all shares."""
    shares = support.linear_shares(PLACE[: len(x)].to(x.dtype), 7)
    return -(shares * torch.log_softmax(x, dim=-1)).sum(dim=-1)


PAIRS: dict[str, tuple[Function, Function]] = {
    "log_mean_exp": (exponential.log_mean_exp, exponential._log_mean_exp_in_graphs),
    "margin_violations": (margins, lambda x: classes._margin_violations_in_graphs(x, LABEL, 0.5)),
    "mean_of_largest": (
        lambda x: classes.mean_of_largest(x, 3),
        lambda x: classes._mean_of_largest_in_graphs(x, 3),
    ),
    "share_of_leader": (missing, missing_in_sum),
    "cross_entropy_between": (between, against_shares),
    "softplus": (softplus.softplus, softplus._softplus_in_graphs),
    "turned_where_below": (
        lambda x: signs.turned_where_below(x, LABEL[: len(x)]),
        lambda x: torch.where(LABEL.unsqueeze(-1) > torch.arange(7), -x, x),
    ),
    "clip": (clipped, lambda x: x.clamp(-0.5, 0.25)),
}


def both(function: Function, x: Tensor) -> tuple[Tensor, Tensor]:
    """The value, and the slope of a sum with unequal weights."""
    x = x.clone().requires_grad_()
    value = function(x)
    weight = torch.linspace(0.5, 2, value.numel(), dtype=value.dtype).reshape(value.shape)
    return value.detach(), torch.autograd.grad((value * weight).sum(), x)[0]


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 30.0, 1e4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", PAIRS)
def test_eager_forms_are_those_of_graphs(name: str, dtype: torch.dtype, scale: float) -> None:
    eager, graph = PAIRS[name]
    x = (torch.randn(50, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * scale).to(dtype)
    eps, least = torch.finfo(dtype).eps, 2 * torch.finfo(dtype).tiny
    for found, wanted in zip(both(eager, x), both(graph, x.double()), strict=True):
        spread = wanted.abs().amax() if name != "softplus" else 0.0  # rows cancel where their entries lie close
        torch.testing.assert_close(found.double(), wanted, rtol=32 * eps, atol=float(4 * eps * spread) + least)


@pytest.mark.parametrize("name", PAIRS)
def test_second_derivatives_are_right(name: str) -> None:
    x = torch.randn(5, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(PAIRS[name][0], (x,))


def test_the_share_the_leader_leaves_keeps_its_digits() -> None:
    x = torch.tensor([[0.0, -30.0, -40.0], [100.0, 20.0, 10.0]])
    value, slope = both(missing, x)
    wanted, wanted_slope = both(missing_in_sum, x.double())
    torch.testing.assert_close(value.double(), wanted, rtol=1e-6, atol=0)
    torch.testing.assert_close(slope.double(), wanted_slope, rtol=2e-6, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_slope_of_a_clip_counts_both_ends_in(dtype: torch.dtype) -> None:
    inside = torch.tensor([0.0, 0.1], dtype=dtype)
    ends = [torch.nextafter(inside[0], -inside[1]), *inside, torch.nextafter(inside[1], 2 * inside[1])]
    _, slope = both(lambda x: clip.clip(x, 0.0, 0.1) * torch.tensor([1, 1, 1, 1]), torch.stack(ends))
    assert (slope > 0).tolist() == [False, True, True, False]


def test_of_classes_that_tie_for_the_last_place_the_first_are_taken() -> None:
    x = torch.tensor([[1.0, 2.0, 1.0, 1.0, 3.0, 1.0], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [7.0] * 6])
    _, slope = both(lambda x: classes.mean_of_largest(x, 3), x)
    assert (slope > 0).tolist() == [
        [True, True, False, False, True, False],
        [False, False, False, True, True, True],
        [True, True, True, False, False, False],
    ]
    for one, other in zip(PAIRS["mean_of_largest"], PAIRS["mean_of_largest"][::-1], strict=True):
        torch.testing.assert_close(both(one, x), both(other, x))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rows_whose_entries_lie_close_together_keep_the_digits_of_their_mean(dtype: torch.dtype) -> None:
    x = torch.tensor([[0.0, -1e-6, -3e-6, -2e-6], [0.0, -50.0, -60.0, -70.0]], dtype=dtype)
    value, slope = both(exponential.log_mean_exp, x)
    exact = x.double()
    wanted = torch.stack([torch.log1p(torch.expm1(exact[0]).mean()), exact[1].logsumexp(0) - torch.tensor(4.0).log()])
    torch.testing.assert_close(value.double(), wanted, rtol=1e-6, atol=0)
    wanted_slope = torch.softmax(exact, 1) * torch.tensor([[0.5], [2.0]])
    torch.testing.assert_close(slope.double(), wanted_slope, rtol=1e-6, atol=0)
