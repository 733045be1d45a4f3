"""Focal loss of softmax probabilities as a module (Lin et al. 2017, equation 5)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.classification.focal import SPEC
from losskit.plugins.ops.classes import pick, without_ignored
from losskit.plugins.ops.exponential import exp_minus_one
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.softmax import log_likelihood


class FocalLoss(Loss):
    """``-w_y (1 - p_y)^gamma log p_y`` with ``p = softmax(logits)``."""

    spec = SPEC
    gamma: float
    class_weights: Optional[Tensor]
    ignore_index: int

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced loss.

        Args:
            logits: scores, shape (B, C).
            target: class ids or ``ignore_index``, int64, shape (B,).
            sample_weight: non-negative weights, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision scores. The mean divides by
            the number of rows that are not ignored.

        Raises:
            InputError: rank, size or value is wrong, or ``class_weights`` is not a weight for each class.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, sample_weight=sample_weight)
        scores, label, kept = without_ignored(widen(logits), target, self.ignore_index)
        value = self.damped(log_likelihood(scores, label))
        class_weights = self.class_weights
        if class_weights is not None:
            value = value * pick(class_weights.to(scores.dtype).expand_as(scores), label)
        return self.reduce(torch.where(kept, value, torch.zeros_like(value)), kept.to(value.dtype), sample_weight)

    def damped(self, log_p: Tensor) -> Tensor:
        """``-(1 - p)^gamma log p``, shape (B,); the power alone is kept from 0, where its slope may be infinite."""
        missed = -exp_minus_one(log_p)
        return -missed.clamp(min=1e-37).pow(self.gamma) * log_p
