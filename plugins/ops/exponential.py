"""Exponentials and logarithms that keep their digits; graphs, whose standard lacks ``expm1`` and ``log1p``, get own forms."""

from typing import Any

import torch
from torch import Tensor

from losskit.plugins.checks import readable
from losskit.plugins.ops.eager import differentiated, in_place, over, own_slope, times
from losskit.plugins.ops.slopes import OwnSlope, traced


def exp_minus_one(x: Tensor) -> Tensor:
    """``exp(x) - 1`` with full relative accuracy near 0, and the slope ``exp(x)`` with its own far below."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_slope(x):
            value: Tensor = _ExpMinusOne.apply(x)
            return value
    return _exp_minus_one_in_graphs(x)


class _ExpMinusOne(OwnSlope):
    """``torch.expm1`` with another slope: its own is the value plus 1, which loses its digits where the value nears -1."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.expm1(x)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return of_value * torch.exp(x)


def _exp_minus_one_in_graphs(x: Tensor) -> Tensor:
    """``expm1`` would become ``Exp`` and ``Sub``, without a digit left near 0; ``tanh(x / 2) (exp(x) + 1)`` keeps them."""
    small = x.abs() < 0.5
    near = torch.where(small, x, torch.zeros_like(x))  # the branch not taken must have a finite gradient, too
    return torch.where(small, torch.tanh(near / 2) * (near.exp() + 1), x.exp() - 1)


def times_exp(x: Tensor) -> Tensor:
    """``x exp(x)``, for finite x."""
    if not torch.jit.is_scripting():  # noqa: SIM102
        if own_slope(x):
            value: Tensor = _TimesExp.apply(x)
            return value
    return x * torch.exp(x)


class _TimesExp(OwnSlope):
    """Its slope is the exponential and the value, two passes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        exp = torch.exp(x)
        ctx.save_for_backward(x, exp)
        return x * exp

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> Tensor:
        x, exp = ctx.saved_tensors
        if not in_place(of_value):
            return differentiated(lambda x: x * torch.exp(x), x, of_value)
        return torch.addcmul(exp, x, exp).mul_(of_value)


def box_cox(log_x: Tensor, power: float) -> Tensor:
    """``(x^power - 1) / power`` of ``x = exp(log_x)``; the limit ``log_x`` for a power of 0."""
    if abs(power) < 1e-8:  # closer to the limit than float64 resolves
        return log_x
    return exp_minus_one(power * log_x) / power


def log_one_plus(x: Tensor) -> Tensor:
    """``log(1 + x)`` with full relative accuracy near 0, for x > -1."""
    if not torch.jit.is_scripting():  # noqa: SIM102
        if torch.compiler.is_exporting() and not traced():
            return _log_one_plus_in_graphs(x)
    return torch.log1p(x)


def _log_one_plus_in_graphs(x: Tensor) -> Tensor:
    """``log1p`` would become ``Add`` and ``Log``: what ``1 + x`` rounds off is added, over the sum; to slopes a constant.

    Both ends stay finite: a sum of 0 divides a remainder of 0, and none is left of 1e30 or of infinity.
    """
    within = x.detach().clamp(max=1e30)
    rounded = 1 + within
    lost = (within - (rounded - 1)) / rounded.clamp(min=1e-30)
    return (1 + x).log() + lost


def log_one_minus_exp(x: Tensor) -> Tensor:
    """``log(1 - exp(-x))`` with full relative accuracy at both ends, for x > 0."""
    if not torch.jit.is_scripting():  # noqa: SIM102
        if own_slope(x):
            value: Tensor = _LogOneMinusExp.apply(x)
            return value
    return _log_one_minus_exp_in_graphs(x)


class _LogOneMinusExp(OwnSlope):
    """With the slope ``exp(-x) / (1 - exp(-x))``, in which nothing overflows, nor in what its own slope takes from it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        # log 2 is about where both forms are accurate
        return torch.where(x < 0.7, torch.expm1(-x).neg_().log_(), torch.exp(-x).neg_().log1p_())

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return over(times(torch.exp(-x), of_value), -exp_minus_one(-x))


def _log_one_minus_exp_in_graphs(x: Tensor) -> Tensor:
    near = x < 0.7
    inside = torch.where(near, x, torch.ones_like(x))  # the branch not taken must have a finite gradient, too
    beyond = torch.where(near, torch.ones_like(x), x)
    return torch.where(near, (-exp_minus_one(-inside)).log(), log_one_plus(-torch.exp(-beyond)))


def log_mean_exp(x: Tensor) -> Tensor:
    """``log(mean(exp(x)))`` over the last axis, shape ``x.shape[:-1]``.

    Neither large entries overflow nor small ones vanish: where all entries lie close together, ``logsumexp`` minus
    the logarithm of the count would cancel.
    """
    if not torch.jit.is_scripting():  # noqa: SIM102
        if own_slope(x):
            value: Tensor = _LogMeanExp.apply(x)
            return value
    return _log_mean_exp_in_graphs(x)


def _log_mean_exp_in_graphs(x: Tensor) -> Tensor:
    top = x.amax(dim=-1, keepdim=True).detach()  # a constant that cancels, in the gradient too
    gaps = x - top
    drop = exp_minus_one(gaps).mean(dim=-1)
    close = drop > -0.1
    near = log_one_plus(torch.where(close, drop, torch.zeros_like(drop)))
    far = torch.where(close, torch.ones_like(drop), gaps.exp().mean(dim=-1)).log()
    return top.squeeze(-1) + torch.where(close, near, far)


class _LogMeanExp(OwnSlope):
    """One exponential for the value and its slope, the softmax; ``expm1`` only where entries lie close together."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        top = x.amax(dim=-1, keepdim=True)
        powers = (x - top).exp_()
        mean = powers.mean(dim=-1, keepdim=True)
        ctx.save_for_backward(x, powers, mean)
        close = (mean > 0.9).squeeze(-1)
        log_mean = mean.log().squeeze(-1)
        if not readable(x):
            near = torch.log1p(torch.expm1(x - top).mean(dim=-1))
            log_mean = torch.where(close, near, log_mean)
        elif bool(close.any()):
            log_mean[close] = torch.log1p(torch.expm1(x[close] - top[close]).mean(dim=-1))
        return log_mean.add_(top.squeeze(-1))

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> Tensor:
        x, powers, mean = ctx.saved_tensors
        of_value = of_value.unsqueeze(-1)
        if torch.is_grad_enabled():  # to be differentiated again, which the saved powers cannot be
            return of_value * torch.softmax(x, dim=-1)
        slope: Tensor = powers * (of_value / (mean * x.size(-1)))
        return slope
