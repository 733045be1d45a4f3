"""LDR-k loss as a module (Zhu, Ying and Yang 2023)."""

from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.ldr_k import SPEC
from losskit.plugins.ops.classes import largest_violation, margin_violations, mean_of_largest
from losskit.plugins.ops.precision import widen


class LDRKLoss(ClassificationLoss):
    """Mean of the ``k`` largest of the margin violations ``z_j - z_y + margin [j != y]``."""

    spec = SPEC
    k: int
    margin: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        violations = margin_violations(widen(logits), target, self.margin)
        if self.k == 1:
            return largest_violation(violations)
        return mean_of_largest(violations, self.k)
