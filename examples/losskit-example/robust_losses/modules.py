"""Both losses as modules."""

import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss, ElementwiseLoss
from losskit.plugins.ops.classes import one_hot
from losskit.plugins.ops.exponential import log_one_plus
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.softmax import log_likelihood
from robust_losses import lorentzian, squentropy


class Lorentzian(ElementwiseLoss):
    """``c^2 / 2 log(1 + (r / c)^2)`` with ``r = input - target`` (Black and Anandan 1996)."""

    spec = lorentzian.SPEC
    scale: float

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        """The value of each element, the shape of the input."""
        residual = (widen(input) - widen(target)) / self.scale
        return self.scale**2 / 2 * log_one_plus(residual.square())


class Squentropy(ClassificationLoss):
    """Cross-entropy plus ``weight / (C - 1)`` times the squares of the wrong classes' scores (Hui et al. 2023)."""

    spec = squentropy.SPEC
    weight: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        scores = widen(logits)
        label = one_hot(target, scores.size(-1))
        squares = torch.where(label, torch.zeros_like(scores), scores.square()).sum(dim=-1)
        return self.weight / (scores.size(-1) - 1) * squares - log_likelihood(scores, target)
