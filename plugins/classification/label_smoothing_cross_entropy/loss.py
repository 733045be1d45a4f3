"""Label-smoothing cross-entropy as a module (Szegedy et al. 2016, section 7)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.classification.label_smoothing_cross_entropy import SPEC
from losskit.plugins.ops.classes import without_ignored
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.softmax import log_likelihood


class LabelSmoothingCrossEntropyLoss(Loss):
    """``-(1 - e) log p_y - e / C sum_k log p_k`` with ``p = softmax(logits)`` and smoothing ``e``."""

    spec = SPEC
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
            the number of rows that are not ignored.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, sample_weight=sample_weight)
        scores, label, kept = without_ignored(widen(logits), target, self.ignore_index)
        value = -log_likelihood(scores, label, self.label_smoothing)
        return self.reduce(torch.where(kept, value, torch.zeros_like(value)), kept.to(value.dtype), sample_weight)
