"""Ordinal cross-entropy as a module (Kennedy et al. 2020)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.softplus import softplus
from losskit.plugins.ordinal.ordinal_cross_entropy import SPEC


class OrdinalCrossEntropyLoss(ClassificationLoss):
    """``sum_k w_k softplus(-z_k)`` over the thresholds below the label, ``softplus(z_k)`` over the others."""

    spec = SPEC
    importance_weights: Optional[Tensor]

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        scores = widen(logits)
        threshold = torch.arange(scores.size(-1), dtype=scores.dtype, device=scores.device)
        below = (2 * threshold + 1 - 2 * target.unsqueeze(-1).to(scores.dtype)).clamp(
            -1, 1
        )  # -1 where the label is above
        terms = softplus(below * scores)
        importance_weights = self.importance_weights
        if importance_weights is not None:
            terms = terms * importance_weights.to(terms.dtype)
        return terms.sum(dim=-1)
