"""Brier score as a module (Brier 1950)."""

from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.calibration.brier import SPEC
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.softmax import wrong_shares


class BrierLoss(ClassificationLoss):
    """``(1 - p_y)^2 + sum_{k != y} p_k^2`` with ``p = softmax(logits)``."""

    spec = SPEC

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        missed, squares = wrong_shares(widen(logits), target)
        return missed.square() + squares
