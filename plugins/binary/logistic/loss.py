"""Logistic loss as a module."""

from torch import Tensor

from losskit.plugins.base import BinaryLoss
from losskit.plugins.binary.logistic import SPEC
from losskit.plugins.ops.signs import opposed_margin
from losskit.plugins.ops.softplus import softplus


class LogisticLoss(BinaryLoss):
    """``log(1 + exp(-z))`` with ``z = (2 t - 1) x``."""

    spec = SPEC

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        return softplus(opposed_margin(logits, target))
