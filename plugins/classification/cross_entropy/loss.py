"""Softmax cross-entropy as a module."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.classification.cross_entropy import SPEC
from losskit.plugins.ops.classes import pick, smoothed, without_ignored
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.softmax import log_likelihood


class CrossEntropyLoss(Loss):
    """``-(1 - e) w_y log p_y - e / C sum_k w_k log p_k`` with ``p = softmax(logits)`` and smoothing ``e``."""

    spec = SPEC
    class_weights: Optional[Tensor]
    label_smoothing: float
    ignore_index: int

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced loss.

        Args:
            logits: scores, shape (B, C).
            target: class ids or ``ignore_index``, int64, shape (B,).
            sample_weight: non-negative weights, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision scores. The mean divides by
            the summed weights of the labels that are not ignored.

        Raises:
            InputError: rank, size or value is wrong, or ``class_weights`` is not a weight for each class.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, sample_weight=sample_weight)
        scores, label, kept = without_ignored(widen(logits), target, self.ignore_index)
        count = kept.to(scores.dtype)
        class_weights = self.class_weights
        if class_weights is None:
            value = -log_likelihood(scores, label, self.label_smoothing)
        else:
            weight = class_weights.to(scores.dtype).expand_as(scores)
            value = -smoothed(torch.log_softmax(scores, dim=-1) * weight, label, self.label_smoothing)
            count = count * pick(weight, label)
        return self.reduce(torch.where(kept, value, torch.zeros_like(value)), count, sample_weight)
