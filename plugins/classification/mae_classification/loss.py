"""Mean absolute error on softmax probabilities as a module (Ghosh et al. 2017)."""

import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.mae_classification import SPEC
from losskit.plugins.ops.classes import pick
from losskit.plugins.ops.exponential import exp_minus_one
from losskit.plugins.ops.precision import widen


class MAEClassificationLoss(ClassificationLoss):
    """``scale (1 - p_y)`` with ``p = softmax(logits)``."""

    spec = SPEC
    scale: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        log_likelihood = pick(torch.log_softmax(widen(logits), dim=-1), target)
        return -self.scale * exp_minus_one(log_likelihood)
