"""Symmetric cross-entropy as a module (Wang et al. 2019)."""

import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.symmetric_cross_entropy import SPEC
from losskit.plugins.ops.classes import pick
from losskit.plugins.ops.exponential import exp_minus_one
from losskit.plugins.ops.precision import widen


class SymmetricCrossEntropyLoss(ClassificationLoss):
    """``-alpha log p_y - beta A (1 - p_y)`` with ``p = softmax(logits)`` and ``A = log_clip``."""

    spec = SPEC
    alpha: float
    beta: float
    log_clip: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        log_likelihood = pick(torch.log_softmax(widen(logits), dim=-1), target)
        reverse = self.beta * self.log_clip * exp_minus_one(log_likelihood)
        if self.alpha == 0:  # a label ruled out has an infinite surprise, which times 0 would be not-a-number
            return reverse
        return reverse - self.alpha * log_likelihood
