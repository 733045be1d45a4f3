"""AnyLoss for the accuracy as a module (Han et al. 2024)."""

from torch import Tensor

from losskit.plugins.base import BinaryLoss
from losskit.plugins.binary.anyloss_accuracy import SPEC
from losskit.plugins.ops.sigmoid import sigmoids
from losskit.plugins.ops.signs import opposed_margin
from losskit.plugins.ops.soft_confusion import amplified


class AnyLossAccuracyLoss(BinaryLoss):
    """The soft 0-1 error ``t (1 - y) + (1 - t) y`` with ``y = sigmoid(L (sigmoid(x) - 1/2))``."""

    spec = SPEC
    amplification: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        return sigmoids(opposed_margin(amplified(logits, self.amplification), target))[0]
