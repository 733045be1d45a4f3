"""Exponential loss as a module."""

import torch
from torch import Tensor

from losskit.plugins.base import BinaryLoss
from losskit.plugins.binary.exponential import SPEC
from losskit.plugins.ops.signs import opposed_margin


class ExponentialLoss(BinaryLoss):
    """``exp(-z)`` with ``z = (2 t - 1) x``."""

    spec = SPEC

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        return torch.exp(opposed_margin(logits, target))
