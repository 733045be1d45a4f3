"""Functions that graphs have in forms of their own: as exact there as the framework's are in eager mode."""

import math

import pytest
import torch

from losskit.plugins.ops.exponential import _log_one_plus_in_graphs
from losskit.plugins.ops.normal import _erfc_in_graphs, interval_masses, tail
from losskit.plugins.ops.softplus import _softplus_in_graphs, softplus


def test_erfc_in_graphs_has_seven_digits_far_into_the_tail() -> None:
    x = torch.linspace(0.5, 25, 5000, dtype=torch.float64)
    torch.testing.assert_close(_erfc_in_graphs(x), torch.erfc(x), rtol=2e-8, atol=0)


def test_erfc_in_graphs_keeps_its_digits_in_float32() -> None:
    x = torch.linspace(0.5, 8, 5000)
    exact = torch.erfc(x.double())
    torch.testing.assert_close(_erfc_in_graphs(x).double(), exact, rtol=1e-5, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_softplus_in_graphs_is_the_softplus_and_its_slope_the_sigmoid(dtype: torch.dtype) -> None:
    x = torch.cat([torch.linspace(-80, 80, 4001), torch.tensor([0.0, 1e4, -1e4])]).to(dtype).requires_grad_()
    rtol = 8 * torch.finfo(dtype).eps
    value = _softplus_in_graphs(x)
    torch.testing.assert_close(value, softplus(x), rtol=rtol, atol=0)
    (slope,) = torch.autograd.grad(value.sum(), x)
    torch.testing.assert_close(slope, torch.sigmoid(x), rtol=rtol, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_log_one_plus_in_graphs_is_log1p_from_end_to_end(dtype: torch.dtype) -> None:
    whole = torch.cat([torch.linspace(-0.999, 4, 999), torch.logspace(-30, 30, 999), -torch.logspace(-30, -1, 99)]).to(
        dtype
    )
    x = whole.requires_grad_()
    rtol = 4 * torch.finfo(dtype).eps
    value = _log_one_plus_in_graphs(x)
    torch.testing.assert_close(value, torch.log1p(x), rtol=rtol, atol=0)
    (slope,) = torch.autograd.grad(value.sum(), x)
    torch.testing.assert_close(slope, 1 / (1 + x), rtol=rtol, atol=0)
    ends = torch.tensor([-1.0, math.inf], dtype=dtype)
    assert _log_one_plus_in_graphs(ends).tolist() == [-math.inf, math.inf]


def test_softplus_keeps_its_digits_where_the_framework_turns_linear() -> None:
    found = softplus(torch.tensor(20.0 + 1e-9, dtype=torch.float64))
    assert float(found) == math.log1p(math.exp(-(20.0 + 1e-9))) + 20.0 + 1e-9


@pytest.mark.parametrize("shift", [-30.0, -7.0, -0.3, 0.0, 2.0, 12.0, 30.0])
def test_masses_of_a_tail_keep_their_digits(shift: float) -> None:
    edges = shift + torch.linspace(-1.5, 1.5, 7, dtype=torch.float64)
    root = math.sqrt(2)
    mirrored = [(-b, -a) if a + b > 0 else (a, b) for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)]
    wanted = [0.5 * (math.erfc(-b / root) - math.erfc(-a / root)) for a, b in mirrored]
    rounding = 2 * torch.finfo(torch.float64).eps * max(32.0, float(edges.square().max()))  # d log(mass) = -u du
    torch.testing.assert_close(interval_masses(edges), torch.tensor(wanted, dtype=torch.float64), rtol=rounding, atol=0)


def test_masses_are_mirrored_by_a_change_of_sign() -> None:
    edges = torch.linspace(-3, 9, 13, dtype=torch.float64)
    assert torch.equal(interval_masses(edges), interval_masses(-edges.flip(0)).flip(0))


def test_the_tail_keeps_its_digits_from_the_centre_to_the_smallest_number() -> None:
    x = torch.tensor([0.0, 1e-9, 0.5, 0.7071, 0.7072, 1.0, 8.0, 37.0], dtype=torch.float64)
    wanted = torch.tensor([0.5 * math.erfc(point / math.sqrt(2)) for point in x.tolist()], dtype=torch.float64)
    torch.testing.assert_close(tail(x), wanted, rtol=1e-12, atol=0)
    torch.testing.assert_close(tail(x[:-1].float()).double(), wanted[:-1], rtol=1e-5, atol=0)
