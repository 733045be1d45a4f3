"""Self-adjusting Dice loss of classified items as a module (Li et al. 2020)."""

from torch import Tensor

from losskit.plugins.binary.self_adjusting_dice import SPEC
from losskit.plugins.ops.overlap import adjusted_shares, overlap_parts
from losskit.plugins.ops.softplus import softplus
from losskit.plugins.overlap import BinaryOverlapLoss


class SelfAdjustingDiceLoss(BinaryOverlapLoss):
    """The Dice loss of ``q = (1 - p)^alpha p`` in place of the probability p."""

    spec = SPEC
    alpha: float
    squared_denominator: bool
    detach_weight: bool

    def parts(self, logits: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """What each sample adds to ``D - 2 TP`` and to ``D``, both (B,)."""
        share, missing = adjusted_shares(-softplus(-logits), -softplus(logits), self.alpha, self.detach_weight)
        return overlap_parts(share, missing, label, self.squared_denominator)
