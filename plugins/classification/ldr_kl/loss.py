"""LDR-KL loss as a module (Zhu, Ying and Yang 2023)."""

from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.ldr_kl import SPEC
from losskit.plugins.ops.classes import largest_violation, margin_violations
from losskit.plugins.ops.exponential import log_mean_exp
from losskit.plugins.ops.precision import widen


class LDRKLLoss(ClassificationLoss):
    """``lam log(mean_k exp(delta_k / lam))`` with the margin violations ``delta_k = z_k - z_y + margin [k != y]``."""

    spec = SPEC
    lam: float
    margin: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        violations = margin_violations(widen(logits), target, self.margin)
        if self.lam == 0:
            return largest_violation(violations)
        if self.lam > 1e30:  # the limit, and so close to it that lam times a float32 would overflow
            return violations.mean(dim=-1)
        lam = max(self.lam, 1e-30)  # 1 / lam must be a float32, too; the value changes by less than 1e-30 log C
        tempered = violations if lam == 1 else violations / lam  # a pass less each way at the default
        return lam * log_mean_exp(tempered)
