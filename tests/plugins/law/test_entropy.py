"""What the entropy of an activation says of activations as a whole: bounds, scaling and its first variation."""

import math
from statistics import NormalDist

import pytest
import torch
from torch import Tensor

import losskit

LINE = torch.linspace(-9, 9, 2001, dtype=torch.float64)
TRAPEZOID = torch.full_like(LINE, 18 / 2000)  # the ends, where the density is 0, need no half


def entropy(y: Tensor, dy: Tensor, quadrature: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """The entropy of the output of the activation with this inverse."""
    found: Tensor = losskit.create("activation_entropy", mean=mean, std=std)(y, dy, quadrature)
    return found


def density(y: Tensor) -> Tensor:
    """The standard normal density."""
    return torch.exp(-(y**2) / 2) / math.sqrt(2 * math.pi)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_it_is_one_number_whatever_the_reduction(reduction: str) -> None:
    found = losskit.create("activation_entropy", reduction=reduction)(LINE, torch.ones_like(LINE), TRAPEZOID)
    assert found.shape == ()
    torch.testing.assert_close(found.item(), 0.5 * math.log(2 * math.pi * math.e))


@pytest.mark.parametrize("scale", [0.1, 1.0, 4.0])
def test_scaling_the_output_adds_the_logarithm(scale: float) -> None:
    found = entropy(LINE, torch.ones_like(LINE) / scale, scale * TRAPEZOID)
    assert found.item() == pytest.approx(0.5 * math.log(2 * math.pi * math.e) + math.log(scale))


def test_it_is_the_entropy_of_the_inputs_and_the_mean_logarithm_of_the_slope() -> None:
    output, slope = torch.asinh(LINE), torch.rsqrt(1 + LINE**2)  # f = asinh, f' = (1 + x^2)^(-1/2)
    nodes = torch.linspace(float(output[0]), float(output[-1]), 4001, dtype=torch.float64)
    found = entropy(torch.sinh(nodes), torch.cosh(nodes), torch.full_like(nodes, float(nodes[1] - nodes[0])))
    mean_logarithm = (TRAPEZOID * density(LINE) * slope.log()).sum()
    assert found.item() == pytest.approx(0.5 * math.log(2 * math.pi * math.e) + mean_logarithm.item(), rel=1e-9)


@pytest.mark.parametrize(("low", "high", "mean", "std"), [(0.0, 1.0, 0.0, 1.0), (-1.0, 2.5, 0.7, 3.0)])
def test_the_inverse_of_wafbc_has_the_entropy_of_a_uniform_output(
    low: float, high: float, mean: float, std: float
) -> None:
    shares = (torch.arange(200, dtype=torch.float64) + 0.5) / 200
    y = torch.tensor([NormalDist(mean, std).inv_cdf(s) for s in shares.tolist()], dtype=torch.float64)
    activation = losskit.create("wafbc", reduction="none", low=low, high=high, mean=mean, std=std)
    torch.testing.assert_close(activation(y), low + (high - low) * shares)
    dy = std / ((high - low) * density((y - mean) / std))
    found = entropy(y, dy, torch.full_like(y, (high - low) / 200), mean, std)
    assert found.item() == pytest.approx(math.log(high - low), abs=1e-12)
    correction = losskit.create("eafo_correction", reduction="none", mean=mean, std=std)
    torch.testing.assert_close(correction(y, dy, (y - mean) / std**2 * dy**2), torch.zeros_like(y))


def test_no_output_on_a_range_has_more_entropy_than_the_uniform_one() -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(50):
        y = torch.randn(40, generator=generator, dtype=torch.float64)
        dy, quadrature = torch.rand((2, 40), generator=generator, dtype=torch.float64) + 0.01
        dy = dy / (quadrature * density(y) * dy).sum()  # so that the density integrates to 1
        assert entropy(y, dy, quadrature) <= quadrature.sum().log()


def test_it_is_concave_in_the_slope() -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(50):
        y = torch.randn(7, generator=generator, dtype=torch.float64)
        one, other, quadrature = 3 * torch.rand((3, 7), generator=generator, dtype=torch.float64) + 0.01
        middle = entropy(y, (one + other) / 2, quadrature)
        assert middle > (entropy(y, one, quadrature) + entropy(y, other, quadrature)) / 2


@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (0.4, 1.7)])
def test_its_first_variation_is_minus_the_correction(mean: float, std: float) -> None:
    u = torch.linspace(-2, 2, 4001, dtype=torch.float64)[1:-1]
    y, dy, d2y = torch.sinh(u), torch.cosh(u), torch.sinh(u)
    moved = torch.cos(math.pi * u / 4) ** 4 * (1 + u)  # it vanishes at the ends with its derivatives
    slope = -math.pi * torch.cos(math.pi * u / 4) ** 3 * torch.sin(math.pi * u / 4) * (1 + u)
    slope = slope + torch.cos(math.pi * u / 4) ** 4
    quadrature = torch.full_like(u, 4 / 4000)
    held, held_slope = y.clone().requires_grad_(), dy.clone().requires_grad_()
    by_y, by_slope = torch.autograd.grad(entropy(held, held_slope, quadrature, mean, std), (held, held_slope))
    variation = (by_y * moved + by_slope * slope).sum()
    correction = losskit.create("eafo_correction", reduction="none", mean=mean, std=std)(y, dy, d2y)
    assert variation.item() == pytest.approx(-(quadrature * moved * correction).sum().item(), rel=1e-6)


def test_the_correction_of_the_identity_is_the_bump_of_crrelu() -> None:
    u = LINE[::50]
    correction = losskit.create("eafo_correction", reduction="none")(u, torch.ones_like(u), torch.zeros_like(u))
    bump = losskit.create("crrelu", reduction="none", epsilon=1.0)(u) - torch.relu(u)
    torch.testing.assert_close(correction, bump / math.sqrt(2 * math.pi))
