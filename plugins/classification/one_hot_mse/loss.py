"""Squared error on raw scores as a module (Vincent et al. 2015)."""

from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.one_hot_mse import SPEC
from losskit.plugins.ops.classes import lowered_at_label
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.vectors import row_squares


class OneHotMSELoss(ClassificationLoss):
    """``factor sum_k (o_k - target_scale [k = y])^2``; summed over the classes."""

    spec = SPEC
    factor: float
    target_scale: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        # differences, not the expanded square: that cancels where the scores are nearly right
        errors = lowered_at_label(widen(logits), target, self.target_scale)
        return self.factor * row_squares(errors)
