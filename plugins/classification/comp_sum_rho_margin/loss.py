"""Comp-sum rho-margin losses as a module (Mao et al. 2023, section 5)."""

import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.comp_sum_rho_margin import SPEC
from losskit.plugins.ops.classes import margin_violations, one_hot
from losskit.plugins.ops.exponential import box_cox, log_one_plus
from losskit.plugins.ops.precision import widen


class CompSumRhoMarginLoss(ClassificationLoss):
    """``((1 + S)^(1 - tau) - 1) / (1 - tau)`` with ``S`` the sum of ``clip(1 - (z_y - z_k) / rho, 0, 1)`` over k != y."""

    spec = SPEC
    tau: float
    rho: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        rho = max(self.rho, 1e-30)  # a float32, too: a margin of 0 must not become 0 / 0
        terms = (1 + margin_violations(widen(logits), target, 0.0) / rho).clamp(0.0, 1.0)
        terms = torch.where(one_hot(target, terms.size(-1)), torch.zeros_like(terms), terms)
        return box_cox(log_one_plus(terms.sum(dim=-1)), 1.0 - self.tau)
