"""PolyLoss as a module (Poly-1 of Leng et al. 2022)."""

import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.poly_loss import SPEC
from losskit.plugins.ops.classes import pick
from losskit.plugins.ops.exponential import exp_minus_one
from losskit.plugins.ops.precision import widen


class PolyLoss(ClassificationLoss):
    """``-log p_y + epsilon (1 - p_y)`` with ``p = softmax(logits)``."""

    spec = SPEC
    epsilon: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        log_likelihood = pick(torch.log_softmax(widen(logits), dim=-1), target)
        return -log_likelihood - self.epsilon * exp_minus_one(log_likelihood)
