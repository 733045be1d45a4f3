"""Self-adjusting Dice loss of classified items as a module (Li et al. 2020)."""

from torch import Tensor

from losskit.plugins.binary.self_adjusting_dice import SPEC
from losskit.plugins.ops.overlap import adjusted_shares
from losskit.plugins.ops.softplus import softplus
from losskit.plugins.ops.variances import variance
from losskit.plugins.overlap import BinaryOverlapLoss


class SelfAdjustingDiceLoss(BinaryOverlapLoss):
    """The Dice loss of ``q = (1 - p)^alpha p`` in place of the probability p."""

    spec = SPEC
    alpha: float
    detach_weight: bool

    def shares(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The share q and ``1 - q``, both (B,)."""
        if self.alpha == 1 and not self.detach_weight:
            share = variance(logits)
            return share, 1 - share  # the share is at most 1/4
        return adjusted_shares(-softplus(-logits), -softplus(logits), self.alpha, self.detach_weight)
