"""Entropy of rows of probabilities, with a finite slope where one of them is 0."""

from typing import Any

import torch
from torch import Tensor

from losskit.plugins.checks import readable
from losskit.plugins.ops.eager import differentiated, in_place, own_slope
from losskit.plugins.ops.slopes import OwnSlope, computing

LEAST = 1e-37  # the reciprocal of less, a slope of the logarithm, would overflow a float32; the graphs' form repeats it


def entropy(probs: Tensor) -> Tensor:
    """``-sum_k q_k log q_k`` over the last axis, shape ``probs.shape[:-1]``; what is absent adds nothing and has no slope."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_slope(probs):
            value: Tensor = _Entropy.apply(probs)
            return value
    return _entropy_in_graphs(probs)


def _entropy_in_graphs(probs: Tensor) -> Tensor:
    present = torch.where(probs < 1e-37, torch.ones_like(probs), probs)  # the branch not taken has a finite slope, too
    return -(present * present.log()).sum(dim=-1)


class _Entropy(OwnSlope):
    """The slope ``-log q - 1`` is made of the probabilities alone, so that nothing else is kept."""

    @staticmethod
    def forward(ctx: Any, probs: Tensor) -> Tensor:
        ctx.save_for_backward(probs)
        if computing():  # the logarithm is that of the slope
            return (probs * probs.clamp(min=LEAST).log()).sum(dim=-1).neg()
        terms: Tensor = torch.special.entr(probs)
        return terms.sum(dim=-1)

    @staticmethod
    def backward(ctx: Any, of_value: Tensor) -> Tensor:
        (probs,) = ctx.saved_tensors
        if not in_place(of_value):
            return differentiated(_entropy_in_graphs, probs, of_value)
        slope: Tensor = probs.clamp(min=LEAST).log_().add_(1)
        if computing():
            slope.mul_((probs >= LEAST).to(probs.dtype))
        elif not readable(probs) or not probs.numel() or bool(probs.amin() < LEAST):
            slope.masked_fill_(probs < LEAST, 0.0)
        return slope.mul_(-of_value.unsqueeze(-1))
