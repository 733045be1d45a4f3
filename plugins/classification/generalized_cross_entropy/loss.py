"""Generalised cross-entropy as a module (Zhang and Sabuncu 2018, equations 6 and 10)."""

import math

import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.generalized_cross_entropy import SPEC
from losskit.plugins.ops.exponential import box_cox
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.softmax import log_likelihood


class GeneralizedCrossEntropyLoss(ClassificationLoss):
    """``(1 - p_y^q) / q`` with ``p = softmax(logits)``, constant where ``p_y`` is ``truncation`` or less."""

    spec = SPEC
    q: float
    truncation: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        log_p = log_likelihood(widen(logits), target)
        if self.truncation > 0:
            floor = torch.full_like(log_p, math.log(self.truncation))
            log_p = torch.where(log_p <= floor, floor, log_p)  # not-a-number stays
        return box_cox(-log_p, -self.q)
