"""Direct coverage: the factor between its gradient and that of cross-entropy, its bounds, and its ends."""

import math

import pytest
import torch
from torch import Tensor

import losskit
from losskit.plugins.ops.coverage import coverage_surprise

SAMPLES = [1.0, 1.001, 1.5, 2.0, 7.3, 256.0, 1e5]


def log_probabilities(dtype: torch.dtype) -> Tensor:
    first = -15.0 if dtype == torch.float64 else -7.0
    return -(10 ** torch.linspace(first, 3.5, 500, dtype=torch.float64)).to(dtype)


@pytest.mark.parametrize("samples", SAMPLES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_the_gradient_is_that_of_cross_entropy_times_a_factor(samples: float, dtype: torch.dtype) -> None:
    log_p = log_probabilities(dtype).requires_grad_()
    (slope,) = torch.autograd.grad(coverage_surprise(log_p, samples).sum(), log_p)
    exact = log_p.detach().double()
    log_miss = torch.where(exact > -0.7, torch.log(-torch.expm1(exact)), torch.log1p(-exact.exp()))
    hit = -torch.expm1(samples * log_miss)
    factor = torch.exp(math.log(samples) + (samples - 1) * log_miss + exact - hit.log())
    factor = torch.where(exact < -600, torch.ones_like(factor), factor)
    torch.testing.assert_close(-slope.double(), factor, rtol=0, atol=64 * torch.finfo(dtype).eps)
    assert bool((-slope >= 0).all())
    assert bool((-slope <= 1 + 64 * torch.finfo(dtype).eps).all())
    assert bool((slope.diff() <= 64 * torch.finfo(dtype).eps).all())  # the factor falls as p grows


@pytest.mark.parametrize("samples", SAMPLES)
def test_the_value_lies_between_cross_entropy_and_what_the_union_bound_leaves_of_it(samples: float) -> None:
    log_p = log_probabilities(torch.float64)
    value = coverage_surprise(log_p, samples)
    slack = 1e-12 * (1 - log_p)
    assert bool((value <= -log_p + slack).all())
    assert bool((value >= torch.clamp(-log_p - math.log(samples), min=0) - slack).all())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("samples", [2.0, 256.0])
def test_where_the_probability_is_one_value_and_gradient_vanish(samples: float, dtype: torch.dtype) -> None:
    logits = torch.tensor([[[60.0, 0.0], [80.0, 0.0]]], dtype=dtype, requires_grad=True)
    value = losskit.create("direct_coverage", n_samples=samples)(logits, torch.tensor([[0, 0]]))
    (gradient,) = torch.autograd.grad(value, logits)
    assert not bool(value.any())
    assert not bool(gradient.any())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_where_the_probability_vanishes_the_gradient_is_that_of_cross_entropy(dtype: torch.dtype) -> None:
    logits = torch.tensor([[[-1000.0, 0.0, 0.5], [0.0, 0.0, 1.0]]], dtype=dtype, requires_grad=True)
    target = torch.tensor([[0, 1]])
    value = losskit.create("direct_coverage")(logits, target)
    plain = torch.nn.functional.cross_entropy(logits[0], target[0], reduction="sum")
    (gradient,), (wanted,) = (torch.autograd.grad(one, logits) for one in (value, plain))
    torch.testing.assert_close(value, plain - math.log(256))
    torch.testing.assert_close(gradient, wanted)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_sequences_without_tokens_have_nothing_to_average(reduction: str) -> None:
    logits = torch.zeros(2, 0, 3, requires_grad=True)
    value = losskit.create("direct_coverage", reduction=reduction)(logits, torch.zeros(2, 0, dtype=torch.int64))
    assert not bool(value.any())
    value.sum().backward()  # connected to the graph
