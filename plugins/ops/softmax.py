"""What losses of a class id take from the softmax of a row: the label's log-probability, the wrong classes' shares.

The framework's backward pass of a gathered log-probability fills a matrix with zeros, to be read again by that of the
softmax. The ones here make the gradient in the matrix that they return.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from losskit.plugins.ops.classes import one_hot, pick, smoothed
from losskit.plugins.ops.eager import differentiated, in_place, own_slope
from losskit.plugins.ops.exponential import exp_minus_one
from losskit.plugins.ops.slopes import OwnSlope


def log_likelihood(scores: Tensor, label: Tensor, smoothing: float = 0.0) -> Tensor:
    """Log-probability of the label, mixed with the mean over classes, shape ``label.shape``; the ids must be valid.

    Args:
        scores: of every class, shape (..., C).
        label: class ids, shape (...).
        smoothing: share of the mean over classes.
    """
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_slope(scores):
            value: Tensor = _LogLikelihood.apply(scores, label, smoothing)
            return value
    return smoothed(torch.log_softmax(scores, dim=-1), label, smoothing)


class _LogLikelihood(OwnSlope):
    """Its slope is ``(1 - e) [k = y] + e / C - p_k``, where ``1 - p_y`` comes from ``expm1``."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, label: Tensor, smoothing: float) -> Tensor:
        log_p = torch.log_softmax(scores, dim=-1)
        ctx.save_for_backward(scores, label, log_p)
        ctx.smoothing = smoothing
        return smoothed(log_p, label, smoothing)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> tuple[Tensor, None, None]:
        scores, label, log_p = ctx.saved_tensors
        smoothing: float = ctx.smoothing
        if not in_place(of_value):
            spelled_out = partial(_smoothed_softmax, label=label, smoothing=smoothing)
            return differentiated(spelled_out, scores, of_value), None, None
        # an empty batch may have no classes either; and a graph should count them only where it has to
        spread = smoothing / max(1, scores.size(-1)) if smoothing else 0.0
        slope = log_p.exp()
        if smoothing < 0.5:  # mostly 1 - p_y, else mostly the mean's share
            own = spread - smoothing - torch.expm1(pick(log_p, label))
        else:
            own = 1 - smoothing + spread - pick(slope, label)
        if spread:
            slope.sub_(spread)
        slope.mul_(-of_value.unsqueeze(-1))
        return slope.scatter_(-1, label.unsqueeze(-1), (of_value * own).unsqueeze(-1)), None, None


def _smoothed_softmax(scores: Tensor, label: Tensor, smoothing: float) -> Tensor:
    return smoothed(torch.log_softmax(scores, dim=-1), label, smoothing)


def wrong_shares(scores: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    """Sum of the wrong classes' probabilities, which is ``1 - p_y``, and of their squares, shape ``label.shape`` each.

    Args:
        scores: of every class, shape (..., C).
        label: class ids, shape (...).
    """
    if not torch.jit.is_scripting():  # noqa: SIM102
        if own_slope(scores):
            missed, squares = _WrongShares.apply(scores, label)
            return missed, squares
    return _wrong_shares_in_graphs(scores, label)


def _wrong_shares_in_graphs(scores: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    log_p = torch.log_softmax(scores, dim=-1)
    own = pick(log_p, label)
    wrong = torch.where(one_hot(label, log_p.size(-1)), torch.zeros_like(log_p), log_p.exp())
    # the logarithm of a sure label rounds to 0; with an unlikely one the slope of the sum cancels
    missed = torch.where(own > -0.5, wrong.sum(dim=-1), -exp_minus_one(own))
    return missed, wrong.square().sum(dim=-1)


class _WrongShares(OwnSlope):
    """With M the first and S the second: ``p_y p_k`` and ``2 p_k (p_k - S)``, at the label ``-p_y M`` and ``-2 p_y S``."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        wrong = torch.softmax(scores, dim=-1)
        own = pick(wrong, label)
        wrong.scatter_(-1, label.unsqueeze(-1), 0.0)
        # beside a sure label a difference from 1 has no digits left, with an unlikely one the sum has fewer
        missed = torch.where(own > 0.5, wrong.sum(dim=-1), 1 - own)
        squares = wrong.square().sum(dim=-1)
        ctx.save_for_backward(scores, label, wrong, own, missed, squares)
        return missed, squares

    @staticmethod
    def backward(ctx: Any, of_missed: Tensor, of_squares: Tensor) -> tuple[Tensor, None]:
        scores, label, wrong, own, missed, squares = ctx.saved_tensors
        if not in_place(of_missed, of_squares):
            spelled_out = partial(_wrong_shares_in_graphs, label=label)
            return differentiated(spelled_out, scores, of_missed, of_squares), None
        twice = 2 * of_squares
        slope: Tensor = wrong * twice.unsqueeze(-1)
        slope.add_((of_missed * own - twice * squares).unsqueeze(-1)).mul_(wrong)
        of_own = -own * (of_missed * missed + twice * squares)
        return slope.scatter_(-1, label.unsqueeze(-1), of_own.unsqueeze(-1)), None
