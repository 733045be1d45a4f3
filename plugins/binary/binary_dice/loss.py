"""Dice loss of classified items as a module (Li et al. 2020)."""

from torch import Tensor

from losskit.plugins.binary.binary_dice import SPEC
from losskit.plugins.ops.overlap import overlap_parts
from losskit.plugins.ops.sigmoid import sigmoids
from losskit.plugins.overlap import BinaryOverlapLoss


class BinaryDiceLoss(BinaryOverlapLoss):
    """``1 - (2 p t + smooth) / (D(p) + t + smooth)`` of each sample, or of the sums over the batch."""

    spec = SPEC
    squared_denominator: bool

    def parts(self, logits: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """What each sample adds to ``D - 2 TP`` and to ``D``, both (B,)."""
        probability, missing = sigmoids(logits)
        return overlap_parts(probability, missing, label, self.squared_denominator)
