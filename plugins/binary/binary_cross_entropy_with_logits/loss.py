"""Binary cross-entropy with logits as a module."""

from torch import Tensor

from losskit.plugins.base import BinaryLoss
from losskit.plugins.binary.binary_cross_entropy_with_logits import SPEC
from losskit.plugins.ops.softplus import softplus


class BinaryCrossEntropyWithLogitsLoss(BinaryLoss):
    """``w t log(1 + exp(-x)) + (1 - t) log(1 + exp(x))``."""

    spec = SPEC
    pos_weight: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each entry, in the shape of the scores."""
        return self.pos_weight * target * softplus(-logits) + (1 - target) * softplus(logits)
