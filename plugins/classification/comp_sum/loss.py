"""Comp-sum losses as a module (Mao et al. 2023, equation 3)."""

from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.comp_sum import SPEC
from losskit.plugins.ops.exponential import box_cox
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.softmax import log_likelihood


class CompSumLoss(ClassificationLoss):
    """``(exp((1 - tau) L) - 1) / (1 - tau)`` with ``L = -log softmax(logits)[target]``."""

    spec = SPEC
    tau: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        surprise = -log_likelihood(widen(logits), target)
        return box_cox(surprise, 1.0 - self.tau)
