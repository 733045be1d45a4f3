"""Tversky loss of classified items as a module (Li et al. 2020)."""

from torch import Tensor

from losskit.plugins.binary.binary_tversky import SPEC
from losskit.plugins.ops.overlap import tversky_parts
from losskit.plugins.ops.overlap_losses import tversky_losses
from losskit.plugins.ops.sigmoid import sigmoids
from losskit.plugins.overlap import BinaryOverlapLoss


class BinaryTverskyLoss(BinaryOverlapLoss):
    """``1 - (TP + smooth) / (TP + alpha FP + beta FN + smooth)`` of each sample, or of the sums over the batch."""

    spec = SPEC
    alpha: float
    beta: float

    def shares(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The probability p and ``1 - p``, both (B,)."""
        return sigmoids(logits)

    def each(self, share: Tensor, missing: Tensor, label: Tensor) -> Tensor:
        """The loss of each sample by itself."""
        return tversky_losses(share, missing, label, self.alpha, self.beta, self.smooth)

    def parts(self, share: Tensor, missing: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """What each sample adds to ``alpha FP + beta FN`` and to ``TP`` more than that."""
        return tversky_parts(share, missing, label, self.alpha, self.beta)
