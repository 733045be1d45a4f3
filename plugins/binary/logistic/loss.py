"""Logistic loss as a module."""

from torch import Tensor

from losskit.plugins.base import BinaryLoss
from losskit.plugins.binary.logistic import SPEC
from losskit.plugins.ops.bernoulli import hard_cross_entropy


class LogisticLoss(BinaryLoss):
    """``log(1 + exp(-z))`` with ``z = (2 t - 1) x``."""

    spec = SPEC

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        return hard_cross_entropy(logits, target)
