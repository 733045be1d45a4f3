"""Comp-sum rho-margin losses as a module (Mao et al. 2023, section 5)."""

from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.comp_sum_rho_margin import SPEC
from losskit.plugins.ops.classes import margin_violations
from losskit.plugins.ops.clip import clip
from losskit.plugins.ops.exponential import box_cox, log_one_plus
from losskit.plugins.ops.precision import widen


class CompSumRhoMarginLoss(ClassificationLoss):
    """``((1 + S)^(1 - tau) - 1) / (1 - tau)`` with ``S`` the sum of ``clip(1 - (z_y - z_k) / rho, 0, 1)`` over k != y."""

    spec = SPEC
    tau: float
    rho: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        rho = min(max(self.rho, 1e-30), 1e30)  # a float32, and so is a sum of them
        clipped = clip(margin_violations(widen(logits), target, rho), 0.0, rho)  # 0 at the label, which is left out
        return box_cox(log_one_plus(clipped.sum(dim=-1) / rho), 1.0 - self.tau)
