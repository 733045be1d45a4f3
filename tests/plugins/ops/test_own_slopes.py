"""Functions with a backward pass of their own: the form that graphs take has the same values, slopes and curvature."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from losskit.plugins.ops.bernoulli import _cross_entropy_of_shares, cross_entropy
from losskit.plugins.ops.bump import (
    _gaussian_bump_in_graphs,
    _gaussian_in_graphs,
    _log_gaussian_in_graphs,
    gaussian,
    gaussian_bump,
    log_gaussian,
)
from losskit.plugins.ops.entropy import _entropy_in_graphs, entropy
from losskit.plugins.ops.exponential import times_exp
from losskit.plugins.ops.normal import _normal_step_in_graphs, normal_step
from losskit.plugins.ops.residuals import huber_residual, squared_residual
from losskit.plugins.ops.vectors import _norm_rows_in_graphs, norm_rows, row_squares

Form = Callable[[Tensor], Tensor]
ENDS = [(0.0, 1.0, 0.0, 1.0), (-2.0, 0.0, 0.5, 3.0), (-0.1, 0.3, 1.0, 0.2), (-3.0, 1.0, -2.0, 1.5)]
POINTS = torch.cat([torch.linspace(-9, 9, 1795), torch.tensor([-1e4, 1e4, 1e-9, -1e-30, 0.0])])


def step(place: tuple[float, float, float, float]) -> tuple[Form, Form]:
    return (lambda x: normal_step(x, *place)), (lambda x: _normal_step_in_graphs(x, *place))


def shares(share: float) -> tuple[Form, Form]:
    return (
        lambda x: cross_entropy(x, torch.full_like(x, share)),
        lambda x: _cross_entropy_of_shares(x, torch.full_like(x, share)),
    )


PAIRS: dict[str, tuple[Form, Form]] = {
    **{f"step {place}": step(place) for place in ENDS},
    "entropy": (
        lambda x: entropy((x / 9).sigmoid().reshape(-1, 5)),
        lambda x: _entropy_in_graphs((x / 9).sigmoid().reshape(-1, 5)),
    ),
    "bump": (gaussian_bump, _gaussian_bump_in_graphs),
    "gaussian": (lambda x: gaussian(x, 0.4), lambda x: _gaussian_in_graphs(x, 0.4)),
    "logarithm of the gaussian": (log_gaussian, _log_gaussian_in_graphs),
    "times its exponential": (lambda x: times_exp(x / 200), lambda x: x / 200 * torch.exp(x / 200)),
    **{
        f"cross-entropy of the share {share}": shares(share) for share in (2**-30, 0.25, 1 - 2**-20)
    },  # exact in float32
    "row squares": (lambda x: row_squares(x.reshape(-1, 5)), lambda x: x.reshape(-1, 5).square().sum(dim=-1)),
    "norm": (lambda x: norm_rows(x.reshape(-1, 5)), lambda x: _norm_rows_in_graphs(x.reshape(-1, 5))),
}


def value_and_slope(form: Form, x: Tensor) -> tuple[Tensor, Tensor]:
    point = x.clone().requires_grad_()
    value = form(point)
    (slope,) = torch.autograd.grad(value.sum(), point)
    return value.detach(), slope


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", PAIRS)
def test_both_forms_agree_with_the_exact_one_to_the_last_digits(name: str, dtype: torch.dtype) -> None:
    eager, spelled_out = PAIRS[name]
    x = POINTS.to(dtype)
    # an error of the argument u = x - mean over std counts u^2 times in exp(-u^2/2), whose least numbers lose digits
    rtol = torch.finfo(dtype).eps * (200 if name in ("norm", "row squares") else 4000)
    for found, wanted in zip(value_and_slope(eager, x), value_and_slope(spelled_out, x.double()), strict=True):
        torch.testing.assert_close(found.double(), wanted, rtol=rtol, atol=16 * torch.finfo(dtype).tiny)


@pytest.mark.parametrize("name", PAIRS)
def test_second_derivatives_are_right(name: str) -> None:
    x = torch.randn(15, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(PAIRS[name][0], x, check_batched_grad=True)
    assert torch.autograd.gradgradcheck(PAIRS[name][0], x)


@pytest.mark.parametrize("place", ENDS)
def test_the_step_reaches_its_ends_exactly(place: tuple[float, float, float, float]) -> None:
    found = normal_step(torch.tensor([-math.inf, -1e4, 1e4, math.inf]), *place)
    low, high = place[:2]
    assert torch.equal(found, torch.tensor([low, low, high, high]))


def test_the_lower_half_of_the_step_keeps_its_digits_to_the_smallest_number() -> None:
    x = torch.tensor([-37.0, -8.0, -1.0], dtype=torch.float64)
    wanted = [0.5 * math.erfc(-point / math.sqrt(2)) for point in x.tolist()]
    exact = torch.tensor(wanted, dtype=torch.float64)
    torch.testing.assert_close(normal_step(x, 0.0, 1.0, 0.0, 1.0), exact, rtol=1e-12, atol=0)


def test_the_bump_is_zero_at_infinity() -> None:
    x = torch.tensor([-math.inf, math.inf, -50.0, 50.0], requires_grad=True)
    value = gaussian_bump(x)
    value.sum().backward()
    assert x.grad is not None
    assert not value.any()
    assert not x.grad.any()


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_norms_neither_overflow_nor_vanish(size: float) -> None:
    x = torch.tensor([[3.0 * size, 4.0 * size], [0.0, 0.0]], requires_grad=True)
    norms = norm_rows(x)
    norms.sum().backward()
    torch.testing.assert_close(norms, torch.tensor([5.0 * size, 0.0]), rtol=1e-6, atol=0)
    torch.testing.assert_close(x.grad, torch.tensor([[0.6, 0.8], [0.0, 0.0]]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("residual", [squared_residual, lambda x, y: huber_residual(x, y, 0.7)])
def test_a_fused_residual_is_the_plain_one(residual: Callable[[Tensor, Tensor], Tensor], dtype: torch.dtype) -> None:
    sizes = [1e-30, 1e-3, 0.5, 0.69, 0.71, 3.0, 1e4, 1e30, math.inf]
    x = torch.tensor(sizes + [-size for size in sizes], dtype=dtype)
    y = torch.zeros_like(x)
    fused, plain = (
        value_and_slope(lambda p: residual(p, y), x),
        value_and_slope(lambda p: residual(p, y.expand(1, -1)), x),
    )
    for found, wanted in zip(fused, plain, strict=True):
        torch.testing.assert_close(found, wanted.reshape(-1), rtol=2 * torch.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("residual", [squared_residual, lambda x, y: huber_residual(x, y, 0.7)])
def test_a_fused_residual_has_the_right_curvature_in_both(residual: Callable[[Tensor, Tensor], Tensor]) -> None:
    draw = torch.Generator().manual_seed(0)
    x, y = (torch.randn(20, generator=draw, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradgradcheck(residual, (x, y))


def test_predictions_and_targets_may_differ_in_dtype() -> None:
    x = torch.tensor([0.25], requires_grad=True)
    huber_residual(x, torch.tensor([0.0], dtype=torch.float64, requires_grad=True), 1.0).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [0.25]


def test_what_is_absent_adds_nothing_to_the_entropy_and_has_no_slope() -> None:
    probs = torch.tensor([[0.0, 0.25, 0.75], [1.0, 0.0, 0.0]], requires_grad=True)
    value = entropy(probs)
    value.sum().backward()
    torch.testing.assert_close(value, torch.tensor([0.5623351, 0.0]))
    torch.testing.assert_close(probs.grad, torch.tensor([[0.0, 0.3862944, -0.7123179], [-1.0, 0.0, 0.0]]))
