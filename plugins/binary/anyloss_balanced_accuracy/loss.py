"""AnyLoss for the balanced accuracy as a module (Han et al. 2024)."""

from typing import Optional

from torch import Tensor

from losskit.plugins.base import BinaryBatchLoss
from losskit.plugins.binary.anyloss_balanced_accuracy import SPEC
from losskit.plugins.ops.soft_confusion import amplified, memberships, share, soft_errors


class AnyLossBalancedAccuracyLoss(BinaryBatchLoss):
    """The mean over both classes of the share of soft decisions ``sigmoid(L (sigmoid(x) - 1/2))`` that are wrong."""

    spec = SPEC
    amplification: float

    def value(self, logits: Tensor, target: Tensor, weight: Optional[Tensor]) -> Tensor:
        """The value of the batch, a scalar; of a class that is absent there is no share."""
        positive, negative = memberships(target, weight)
        missed, alarms = soft_errors(amplified(logits, self.amplification), positive, negative)
        positives, negatives = positive.sum(), negative.sum()
        present = (positives > 0).to(missed.dtype) + (negatives > 0).to(missed.dtype)
        return share(share(missed, positives) + share(alarms, negatives), present)
