"""AnyLoss for the balanced accuracy as a module (Han et al. 2024)."""

from torch import Tensor

from losskit.plugins.base import BinaryBatchLoss
from losskit.plugins.binary.anyloss_balanced_accuracy import SPEC
from losskit.plugins.ops.soft_confusion import amplified, share, soft_confusion


class AnyLossBalancedAccuracyLoss(BinaryBatchLoss):
    """The mean over both classes of the share of soft decisions ``sigmoid(L (sigmoid(x) - 1/2))`` that are wrong."""

    spec = SPEC
    amplification: float

    def value(self, logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """The value of the batch, a scalar; of a class that is absent there is no share."""
        _, missed, alarms, _ = soft_confusion(amplified(logits, self.amplification), target, weight)
        positives, negatives = (weight * target).sum(), (weight * (1 - target)).sum()
        present = (positives > 0).to(missed.dtype) + (negatives > 0).to(missed.dtype)
        return share(share(missed, positives) + share(alarms, negatives), present)
