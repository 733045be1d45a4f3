"""Dice loss of classified items as a module (Li et al. 2020)."""

from torch import Tensor

from losskit.plugins.binary.binary_dice import SPEC
from losskit.plugins.ops.sigmoid import sigmoids
from losskit.plugins.overlap import BinaryOverlapLoss


class BinaryDiceLoss(BinaryOverlapLoss):
    """``1 - (2 p t + smooth) / (D(p) + t + smooth)`` of each sample, or of the sums over the batch."""

    spec = SPEC

    def shares(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The probability p and ``1 - p``, both (B,)."""
        return sigmoids(logits)
