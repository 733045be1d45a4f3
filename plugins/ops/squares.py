"""The loss of a softmax that has squares in place of exponentials."""

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor

from losskit.plugins.ops.classes import one_hot, pick
from losskit.plugins.ops.eager import differentiated, in_place, own_slope
from losskit.plugins.ops.slopes import OwnSlope
from losskit.plugins.ops.softplus import softplus


def surprise_of_squares(scores: Tensor, target: Tensor, eps: float) -> Tensor:
    """``log sum_k (o_k^2 + eps) - log(o_y^2 + eps)``, as the softplus of wrong classes against the label, shape (B,)."""
    own_score, rest, rest_unit = _label_and_rest(scores, target, eps)
    own_score = own_score.unsqueeze(-1)
    own, own_unit = _measured_squares(own_score, torch.ones_like(own_score, dtype=torch.bool), eps)
    # without eps a label at 0 has no share: inf, and no gradient, whose limit depends on the way there; where all
    # scores are 0 the shares are equal, as for every eps above 0
    lost, alike = own == 0, rest == 0
    ratio = torch.where(alike, torch.ones_like(rest), rest) / torch.where(lost, torch.ones_like(own), own)
    log_odds = ratio.log() + 4 * (rest_unit.sqrt() / own_unit.sqrt()).log()  # roots, whose quotient cannot overflow
    log_odds = torch.where(alike, torch.full_like(log_odds, -math.inf), log_odds)
    odds_at_zero = torch.where(alike, torch.full_like(own, scores.size(-1) - 1).log(), torch.full_like(own, math.inf))
    return softplus(torch.where(lost, odds_at_zero, log_odds))


def _measured_squares(scores: Tensor, kept: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """``sum (o_k^2 + eps)`` over the entries kept in squares of a unit, and that unit, shape (B,) each.

    Scores are measured in the largest of them, so that no square overflows or vanishes. As a constant that
    cancels it takes no gradient.
    """
    floor = math.sqrt(eps)
    held = torch.where(kept, scores, torch.zeros_like(scores))
    unit = held.abs().amax(dim=-1, keepdim=True).clamp(min=floor).detach()
    unit = torch.where(unit == 0, torch.ones_like(unit), unit)
    squares = (held / unit).square() + (floor / unit).square()
    total = torch.where(kept, squares, torch.zeros_like(squares)).sum(dim=-1)
    return total, unit.squeeze(-1)


def _label_and_rest(scores: Tensor, target: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
    """The label's score, and the :func:`_measured_squares` of the others, shape (B,) each."""
    if not torch.jit.is_scripting():  # noqa: SIM102
        if own_slope(scores):
            own, rest, unit = _LabelAndRest.apply(scores, target, eps)
            return own, rest, unit
    return _label_and_rest_in_graphs(scores, target, eps)


def _label_and_rest_in_graphs(scores: Tensor, target: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
    rest, unit = _measured_squares(scores, ~one_hot(target, scores.size(-1)), eps)
    return pick(scores, target), rest, unit


class _LabelAndRest(OwnSlope):
    """A copy with a 0 at the label, measured in its largest entry, is all that value and slope need."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, target: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
        held = scores.scatter(-1, target.unsqueeze(-1), 0.0)
        floor = math.sqrt(eps)
        unit = torch.maximum(held.amax(dim=-1), -held.amin(dim=-1)).clamp(min=floor)
        unit = torch.where(unit == 0, torch.ones_like(unit), unit)
        held.div_(unit.unsqueeze(-1))
        total = held.square().sum(dim=-1) + (scores.size(-1) - 1) * (floor / unit).square()
        ctx.save_for_backward(scores, target, held, unit)
        ctx.mark_non_differentiable(unit)
        ctx.eps = eps
        return pick(scores, target), total, unit

    @staticmethod
    def backward(ctx: Any, of_own: Tensor, of_rest: Tensor, _: Tensor) -> tuple[Tensor, None, None]:
        scores, target, held, unit = ctx.saved_tensors
        if not in_place(of_own, of_rest):
            return (
                differentiated(partial(_differentiable, target=target, eps=ctx.eps), scores, of_own, of_rest),
                None,
                None,
            )
        slope: Tensor = held * (2 * of_rest / unit).unsqueeze(-1)
        return slope.scatter_(-1, target.unsqueeze(-1), of_own.unsqueeze(-1)), None, None


def _differentiable(scores: Tensor, target: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    own, rest, _ = _label_and_rest_in_graphs(scores, target, eps)
    return own, rest
