"""Ordinal cross-entropy as a module (Kennedy et al. 2020)."""

from typing import Optional

from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.signs import turned_where_below
from losskit.plugins.ops.softplus import softplus
from losskit.plugins.ordinal.ordinal_cross_entropy import SPEC


class OrdinalCrossEntropyLoss(ClassificationLoss):
    """``sum_k w_k softplus(-z_k)`` over the thresholds below the label, ``softplus(z_k)`` over the others."""

    spec = SPEC
    importance_weights: Optional[Tensor]

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        terms = softplus(turned_where_below(widen(logits), target))
        importance_weights = self.importance_weights
        if importance_weights is not None:
            terms = terms * importance_weights.to(terms.dtype)
        return terms.sum(dim=-1)
