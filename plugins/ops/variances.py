"""Variances ``p (1 - p)`` of belonging to a class that keep their digits, and their slopes, where p nears 0 or 1."""

from typing import Any

import torch
from torch import Tensor

from losskit.plugins.ops.classes import one_hot
from losskit.plugins.ops.eager import own_slope, times
from losskit.plugins.ops.exponential import log_one_plus
from losskit.plugins.ops.sigmoid import sigmoids
from losskit.plugins.ops.slopes import OwnSlope


def variance(x: Tensor) -> Tensor:
    """``sigmoid(x) sigmoid(-x)`` with full relative accuracy, value and slope, wherever x lies."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_slope(x):
            value: Tensor = _Variance.apply(x)
            return value
    yes, no = sigmoids(x)
    return yes * no


class _Variance(OwnSlope):
    """The product of both, which falls by ``tanh(x / 2)`` of itself."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        value = torch.neg(x).sigmoid_().mul_(torch.sigmoid(x))
        ctx.save_for_backward(x, value)
        return value

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> Tensor:
        x, value = ctx.saved_tensors
        return times((x * -0.5).tanh_(), value, of_value)


def class_variances(scores: Tensor) -> Tensor:
    """``p (1 - p)`` of each entry of ``p = softmax(scores)``, shape (B, C); what a sure class leaves is added up of the others."""
    if not torch.jit.is_scripting():  # noqa: SIM102
        if own_slope(scores):
            value: Tensor = _ClassVariances.apply(scores)
            return value
    log_p = torch.log_softmax(scores, dim=-1)
    return torch.exp(log_p + log_rest(log_p))


class _ClassVariances(OwnSlope):
    """At most one class has more than one half; there alone ``1 - p``, and the slope of p, have digits to lose."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor) -> Tensor:
        p = torch.softmax(scores, dim=-1)
        sure = _sure_class(p)
        largest = p.gather(-1, sure)
        rest = p.scatter_(-1, sure, 0.0).sum(dim=-1, keepdim=True)
        p.scatter_(-1, sure, largest)
        value = torch.addcmul(p, p, p, value=-1).scatter_(-1, sure, largest * rest)
        ctx.save_for_backward(scores, p, sure, value)
        return value

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> Tensor:
        scores, p, sure, value = ctx.saved_tensors
        if torch.is_grad_enabled():  # for second derivatives what was saved must depend on the scores
            p = torch.softmax(scores, dim=-1)
        of_p = times(torch.rsub(p, 1, alpha=2), of_value)
        parts = of_p * p
        others = parts.scatter(-1, sure, 0.0).sum(dim=-1, keepdim=True)
        largest = of_p.gather(-1, sure) * value.gather(-1, sure) - p.gather(-1, sure) * others
        total = others + parts.gather(-1, sure)
        return torch.addcmul(parts, p, total, value=-1).scatter_(-1, sure, largest)


def _sure_class(p: Tensor) -> Tensor:
    """The class of each row with more than one half, shape (..., 1); 0 where there is none, or no number."""
    places = torch.arange(p.size(-1), device=p.device, dtype=p.dtype)
    found = p.round().mul_(places).sum(dim=-1, keepdim=True)
    return found.nan_to_num_(0.0).long()


def log_rest(log_p: Tensor) -> Tensor:
    """``log(1 - p)`` of each entry of a distribution, shape (B, C).

    Of the likeliest class the others are added up; what it leaves of 1 may be far below the digits of its probability.
    """
    largest = one_hot(log_p.argmax(dim=-1), log_p.size(-1))
    # a finite stand-in for log 0: where there is one class alone, infinity would leave slopes of NaN
    rest = torch.logsumexp(log_p.masked_fill(largest, -1e30), dim=-1, keepdim=True)
    others = log_one_plus(-torch.exp(log_p).masked_fill(largest, 0.0))
    return torch.where(largest, rest, others)
