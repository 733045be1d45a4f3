"""Squared error on raw scores as a module (Vincent et al. 2015)."""

import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.one_hot_mse import SPEC
from losskit.plugins.ops.classes import one_hot
from losskit.plugins.ops.precision import widen


class OneHotMSELoss(ClassificationLoss):
    """``factor sum_k (o_k - target_scale [k = y])^2``; summed over the classes."""

    spec = SPEC
    factor: float
    target_scale: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        scores = widen(logits)
        # differences, not the expanded square: that cancels where the scores are nearly right
        errors = torch.where(one_hot(target, scores.size(-1)), scores - self.target_scale, scores)
        return self.factor * errors.square().sum(dim=-1)
