"""Ordinal cross-entropy as a module (Kennedy et al. 2020)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.softplus import softplus
from losskit.plugins.ordinal.ordinal_cross_entropy import SPEC
from losskit.spec.errors import InputError


class OrdinalCrossEntropyLoss(ClassificationLoss):
    """``sum_k w_k softplus(-z_k)`` over the thresholds below the label, ``softplus(z_k)`` over the others."""

    spec = SPEC
    importance_weights: Optional[Tensor]

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        scores = widen(logits)
        above = target.unsqueeze(-1) > torch.arange(scores.size(-1), device=scores.device)
        terms = softplus(torch.where(above, -scores, scores))
        importance_weights = self.importance_weights
        if importance_weights is not None:
            terms = terms * importance_weights.to(terms.dtype)
        return terms.sum(dim=-1)

    @torch.jit.unused
    def check(self, *inputs: Optional[Tensor], sample_weight: Optional[Tensor] = None) -> None:
        """Refuse what every loss refuses, and other thresholds than those of ``importance_weights``."""
        super().check(*inputs, sample_weight=sample_weight)
        logits, weights = inputs[0], self.importance_weights
        if torch.compiler.is_compiling() or logits is None or weights is None:
            return
        if len(weights) != logits.shape[-1]:
            wanted = f"T = {len(weights)} as importance_weights has it"
            found = f"{logits.shape[-1]}, shape {tuple(logits.shape)}"
            raise InputError(f"{self.spec.name}: input logits must have {wanted}, found {found}")
