"""Exponentials and logarithms that keep their digits, in forms that exported graphs keep too."""

import torch
from torch import Tensor


def exp_minus_one(x: Tensor) -> Tensor:
    """``exp(x) - 1`` with full relative accuracy near 0.

    ``torch.expm1`` becomes ``Exp`` and ``Sub`` in ONNX and loses every digit near 0; ``tanh`` keeps them:
    ``exp(x) - 1 = tanh(x / 2) (exp(x) + 1)``.
    """
    small = x.abs() < 0.5
    near = torch.where(small, x, torch.zeros_like(x))  # the branch not taken must have a finite gradient, too
    return torch.where(small, torch.tanh(near / 2) * (near.exp() + 1), x.exp() - 1)


def box_cox(log_x: Tensor, power: float) -> Tensor:
    """``(x^power - 1) / power`` of ``x = exp(log_x)``; the limit ``log_x`` for a power of 0."""
    if abs(power) < 1e-8:  # closer to the limit than float64 resolves
        return log_x
    return exp_minus_one(power * log_x) / power


def log_one_plus(x: Tensor) -> Tensor:
    """``log(1 + x)`` with full relative accuracy near 0, for x > -1.

    ``torch.log1p`` becomes ``Add`` and ``Log`` in ONNX; near 0 the series of the inverse hyperbolic tangent takes
    over: ``log(1 + x) = 2 artanh(t)`` with ``t = x / (2 + x)``.
    """
    small = x.abs() < 0.1
    near = torch.where(small, x, torch.zeros_like(x))
    t = near / (2 + near)
    series = torch.full_like(t, 1 / 13)  # the first term left out is below 1e-19
    for odd in [11, 9, 7, 5, 3, 1]:
        series = series * t * t + 1 / odd
    return torch.where(small, 2 * t * series, torch.where(small, torch.zeros_like(x), x).add(1).log())


def log_one_minus_exp(x: Tensor) -> Tensor:
    """``log(1 - exp(-x))`` with full relative accuracy at both ends, for x > 0."""
    near = x < 0.7  # about log 2, where both forms are accurate
    inside = torch.where(near, x, torch.ones_like(x))  # the branch not taken must have a finite gradient, too
    beyond = torch.where(near, torch.ones_like(x), x)
    return torch.where(near, (-exp_minus_one(-inside)).log(), log_one_plus(-torch.exp(-beyond)))


def log_mean_exp(x: Tensor) -> Tensor:
    """``log(mean(exp(x)))`` over the last axis, shape ``x.shape[:-1]``.

    Neither large entries overflow nor small ones vanish: where all entries lie close together, ``logsumexp`` minus
    the logarithm of the count would cancel.
    """
    top = x.amax(dim=-1, keepdim=True).detach()  # a constant that cancels, in the gradient too
    gaps = x - top
    drop = exp_minus_one(gaps).mean(dim=-1)
    close = drop > -0.1
    near = log_one_plus(torch.where(close, drop, torch.zeros_like(drop)))
    far = torch.where(close, torch.ones_like(drop), gaps.exp().mean(dim=-1)).log()
    return top.squeeze(-1) + torch.where(close, near, far)
