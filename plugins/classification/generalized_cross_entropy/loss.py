"""Generalised cross-entropy as a module (Zhang and Sabuncu 2018, equations 6 and 10)."""

import math

import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.generalized_cross_entropy import SPEC
from losskit.plugins.ops.classes import pick
from losskit.plugins.ops.exponential import box_cox
from losskit.plugins.ops.precision import widen


class GeneralizedCrossEntropyLoss(ClassificationLoss):
    """``(1 - p_y^q) / q`` with ``p = softmax(logits)``, constant where ``p_y`` is ``truncation`` or less."""

    spec = SPEC
    q: float
    truncation: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        log_likelihood = pick(torch.log_softmax(widen(logits), dim=-1), target)
        if self.truncation > 0:
            floor = torch.full_like(log_likelihood, math.log(self.truncation))
            log_likelihood = torch.where(log_likelihood <= floor, floor, log_likelihood)  # not-a-number stays
        return box_cox(-log_likelihood, -self.q)
