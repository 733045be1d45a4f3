"""Tversky loss of classified items as a module (Li et al. 2020)."""

import torch
from torch import Tensor

from losskit.plugins.binary.binary_tversky import SPEC
from losskit.plugins.ops.sigmoid import sigmoids
from losskit.plugins.overlap import BinaryOverlapLoss


class BinaryTverskyLoss(BinaryOverlapLoss):
    """``1 - (TP + smooth) / (TP + alpha FP + beta FN + smooth)`` of each sample, or of the sums over the batch."""

    spec = SPEC
    alpha: float
    beta: float

    def parts(self, logits: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """What each sample adds to ``alpha FP + beta FN`` and to ``TP`` more than that, both (B,)."""
        probability, missing = sigmoids(logits)
        wrong = torch.where(label, self.beta * missing, self.alpha * probability)
        return wrong, torch.where(label, probability + wrong, wrong)
