"""AnyLoss for the F-beta score as a module (Han et al. 2024)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import BinaryBatchLoss
from losskit.plugins.binary.anyloss_fbeta import SPEC
from losskit.plugins.ops.soft_confusion import amplified, memberships, share, soft_confusion


class AnyLossFBetaLoss(BinaryBatchLoss):
    """One minus the F-beta score of soft decisions ``sigmoid(L (sigmoid(x) - 1/2))``."""

    spec = SPEC
    amplification: float
    beta: float

    def value(self, logits: Tensor, target: Tensor, weight: Optional[Tensor]) -> Tensor:
        """The value of the batch, a scalar."""
        positive, negative = memberships(target, weight)
        found, missed, alarms, _ = soft_confusion(amplified(logits, self.amplification), positive, negative)
        square = self.beta * self.beta
        wrong, right = square * missed + alarms, (1 + square) * found
        total = wrong + right
        # of both shares the smaller one is formed: the other would lose its digits, and its slope those of the smaller
        return torch.where(wrong < right, share(wrong, total), 1 - share(right, total))
