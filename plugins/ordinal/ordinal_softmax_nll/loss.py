"""Ordinal softmax negative log-likelihood as a module (Kennedy et al. 2020)."""

import math
from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.checks import readable, refuse
from losskit.plugins.ops.classes import pick
from losskit.plugins.ops.exponential import log_one_minus_exp
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.softplus import softplus
from losskit.plugins.ordinal.ordinal_softmax_nll import SPEC


class OrdinalSoftmaxNLLLoss(ClassificationLoss):
    """``softplus(-a) + softplus(b) - log(1 - exp(b - a))`` with the scores a and b of the label's two thresholds."""

    spec = SPEC

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,); inf where the scores leave the label no probability."""
        scores = widen(logits)
        last = scores.size(-1) - 1
        lowest, highest = target == 0, target == last + 1
        below = pick(scores, (target - 1).clamp(min=0))
        above = pick(scores, target.clamp(max=last))
        fall = torch.where(lowest | highest, torch.ones_like(below), below - above)
        # a branch that is not taken must have a finite gradient, too
        spent = fall <= 0
        share = log_one_minus_exp(torch.where(spent, torch.ones_like(fall), fall))
        share = torch.where(spent, torch.full_like(share, -math.inf), share)
        zero = torch.zeros_like(share)
        ends = torch.where(lowest, zero, softplus(-below)) + torch.where(highest, zero, softplus(above))
        return ends - torch.where(lowest | highest, zero, share)

    @torch.jit.unused
    def check(self, *inputs: Optional[Tensor], sample_weight: Optional[Tensor] = None) -> None:
        """Refuse what every loss refuses, and equal scores at the two thresholds of the label."""
        super().check(*inputs, sample_weight=sample_weight)
        logits, target = inputs[0], inputs[1]
        if torch.compiler.is_compiling() or logits is None or target is None:
            return
        if logits.numel() and readable(logits) and readable(target):
            columns = torch.arange(logits.shape[-1], device=logits.device)
            level = torch.zeros_like(logits, dtype=torch.bool)
            level[..., 1:] = logits[..., 1:] == logits[..., :-1]
            spent = level & (columns == target.unsqueeze(-1))
            refuse(self.spec.name, "logits", logits, spent, "scores that fall between the thresholds of the label")
