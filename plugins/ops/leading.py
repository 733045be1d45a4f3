"""The class that leads: which it is, and what the softmax gives it."""

from typing import Any

import torch
from torch import Tensor

from losskit.plugins.ops.classes import pick
from losskit.plugins.ops.eager import own_backward, own_slope
from losskit.plugins.ops.exponential import exp_minus_one
from losskit.plugins.ops.slopes import OwnSlope


def leader(scores: Tensor) -> Tensor:
    """Where the largest entry of each row stands, shape ``scores.shape[:-1]``; the first of those that tie."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_backward(scores):
            return scores.detach().max(dim=-1).indices  # as argmax, in two thirds of its time
    return scores.argmax(dim=-1)


def share_of_leader(scores: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
    """The probability p of the class that leads and ``p - 1``, shape ``place.shape``.

    Args:
        scores: logits, shape (..., C).
        place: class id of a largest entry of each row, shape (...).
    """
    if not torch.jit.is_scripting():  # noqa: SIM102
        if own_slope(scores):
            odds: Tensor = _OddsAgainst.apply(scores, place)
            share = 1 / (1 + odds)
            return share, -odds * share
    log_share = pick(torch.log_softmax(scores, dim=-1), place)
    return log_share.exp(), exp_minus_one(log_share)


class _OddsAgainst(OwnSlope):
    """What the others have for each 1 of the leader: a sum without it, so that nothing is left to cancel."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, place: Tensor) -> Tensor:
        place = place.unsqueeze(-1)
        own = scores.gather(-1, place)
        odds = (scores - own).exp_().scatter_(-1, place, own - own)  # not 0: infinite scores give not-a-number
        ctx.save_for_backward(scores, place, odds)
        return odds.sum(dim=-1)

    @staticmethod
    def backward(ctx: Any, of_sum: Tensor) -> tuple[Tensor, None]:
        scores, place, odds = ctx.saved_tensors
        if torch.is_grad_enabled():  # to be differentiated again, which the saved odds cannot be
            odds = (scores - scores.gather(-1, place)).exp().scatter(-1, place, 0.0)
        slope = odds * of_sum.unsqueeze(-1)
        return slope.scatter_(-1, place, -slope.sum(dim=-1, keepdim=True)), None
