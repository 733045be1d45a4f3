"""Crammer-Singer multi-class hinge as a module (Crammer and Singer 2001)."""

from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.crammer_singer import SPEC
from losskit.plugins.ops.classes import largest_violation, margin_violations
from losskit.plugins.ops.precision import widen


class CrammerSingerLoss(ClassificationLoss):
    """``max(0, margin + max_{k != y} z_k - z_y)``."""

    spec = SPEC
    margin: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        return largest_violation(margin_violations(widen(logits), target, self.margin))
