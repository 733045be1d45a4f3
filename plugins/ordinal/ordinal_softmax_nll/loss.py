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
        # beyond the first and the last threshold scores are as good as infinite: nothing is left there, nor any slope
        ends = torch.unbind(
            scores.gather(1, torch.stack([(target - 1).clamp(min=0), target.clamp(max=last)], dim=1)), 1
        )
        below, above = ends[0].masked_fill(target == 0, 1e38), ends[1].masked_fill(target == last + 1, -1e38)
        return softplus(-below) + softplus(above) - self.log_share(below - above)

    def log_share(self, fall: Tensor) -> Tensor:
        """``log(1 - exp(-fall))``, minus infinity without a slope where nothing is left, which :meth:`check` refuses."""
        if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
            if readable(fall):
                return log_one_minus_exp(fall)
        spent = fall <= 0
        return log_one_minus_exp(fall.masked_fill(spent, 1.0)).masked_fill(spent, -math.inf)

    @torch.jit.unused
    def check(self, *inputs: Optional[Tensor], sample_weight: Optional[Tensor] = None) -> None:
        """Refuse what every loss refuses, and equal scores at the two thresholds of the label."""
        super().check(*inputs, sample_weight=sample_weight)
        logits, target = inputs[0], inputs[1]
        if torch.compiler.is_compiling() or logits is None or target is None:
            return
        if logits.numel() and readable(logits) and readable(target):
            last = logits.shape[-1] - 1
            level = pick(logits, (target - 1).clamp(min=0)) == pick(logits, target.clamp(max=last))
            level = level & (target > 0) & (target <= last)
            if bool(level.any()):
                columns = torch.arange(logits.shape[-1], device=logits.device)
                spent = level.unsqueeze(-1) & (columns == target.unsqueeze(-1))
                refuse(self.spec.name, "logits", logits, spent, "scores that fall between the thresholds of the label")
