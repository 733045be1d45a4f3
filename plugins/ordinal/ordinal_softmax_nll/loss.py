"""Ordinal softmax negative log-likelihood as a module (Kennedy et al. 2020)."""

import math

import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.checks import readable, refuse
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
        fall = below - above
        if not torch.jit.is_scripting():
            self.refuse_level(logits, target, fall)
        return softplus(-below) + softplus(above) - self.log_share(fall)

    def log_share(self, fall: Tensor) -> Tensor:
        """``log(1 - exp(-fall))``, minus infinity without a slope where nothing is left."""
        if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
            if readable(fall):
                return log_one_minus_exp(fall)
        spent = fall <= 0
        return log_one_minus_exp(fall.masked_fill(spent, 1.0)).masked_fill(spent, -math.inf)

    @torch.jit.unused
    def refuse_level(self, logits: Tensor, target: Tensor, fall: Tensor) -> None:
        """Refuse equal scores at the two thresholds of a label, where values may be read: rising ones are refused before."""
        if not readable(fall) or not fall.numel() or bool(fall.detach().amin() > 0):
            return
        level = fall.detach() <= 0
        columns = torch.arange(logits.shape[-1], device=logits.device)
        spent = level.unsqueeze(-1) & (columns == target.unsqueeze(-1))
        refuse(self.spec.name, "logits", logits, spent, "scores that fall between the thresholds of the label")
