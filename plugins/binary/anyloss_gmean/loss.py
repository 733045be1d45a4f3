"""AnyLoss for the geometric mean as a module (Han et al. 2024)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import BinaryBatchLoss
from losskit.plugins.binary.anyloss_gmean import SPEC
from losskit.plugins.ops.soft_confusion import amplified, memberships, share, soft_confusion


class AnyLossGMeanLoss(BinaryBatchLoss):
    """One minus the geometric mean of the rates at which soft decisions ``sigmoid(L (sigmoid(x) - 1/2))`` are right."""

    spec = SPEC
    amplification: float

    def value(self, logits: Tensor, target: Tensor, weight: Optional[Tensor]) -> Tensor:
        """The value of the batch, a scalar; where a class is absent it is one minus the rate of the other."""
        positive, negative = memberships(target, weight)
        found, missed, alarms, kept = soft_confusion(amplified(logits, self.amplification), positive, negative)
        positives, negatives = positive.sum(), negative.sum()
        missed, alarms = share(missed, positives), share(alarms, negatives)
        found, kept = share(found, positives), share(kept, negatives)
        mean = root(found) * root(kept)
        # near 0 as (1 - mean^2) / (1 + mean), where nothing cancels; far from it the slopes of that would
        value = torch.where(mean > 0.5, (missed + alarms * found) / (1 + mean), 1 - mean)
        return torch.where(torch.logical_and(positives > 0, negatives > 0), value, missed + alarms)


def root(rate: Tensor) -> Tensor:
    """The square root, with slope 0 at a rate that has underflowed to 0: what leads there has slope 0, too."""
    positive = rate > 0
    return torch.where(positive, torch.where(positive, rate, torch.ones_like(rate)).sqrt(), torch.zeros_like(rate))
