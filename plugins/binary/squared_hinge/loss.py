"""Squared hinge loss of one score as a module."""

import torch
from torch import Tensor

from losskit.plugins.base import BinaryLoss
from losskit.plugins.binary.squared_hinge import SPEC
from losskit.plugins.ops.signs import opposed_margin


class SquaredHingeLoss(BinaryLoss):
    """``max(0, margin - z)^2`` with ``z = (2 t - 1) x``."""

    spec = SPEC
    margin: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        return torch.relu(self.margin + opposed_margin(logits, target)).square()
