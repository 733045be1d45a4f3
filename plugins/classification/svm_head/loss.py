"""One-vs-rest SVM output head as a module (Agarap 2017)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.classification.svm_head import SPEC
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.signs import turned_at_label


class SVMHeadLoss(Loss):
    """``c sum_k max(0, 1 - t_k f_k)^p``, t = 1 at the label and -1 elsewhere, and a share of ``|W|^2 / 2``."""

    spec = SPEC
    c: float
    p: int

    def forward(self, logits: Tensor, target: Tensor, weight: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced loss.

        Args:
            logits: scores, shape (B, C).
            target: class ids, int64, shape (B,).
            weight: weights of the output layer, any shape.
            sample_weight: non-negative weights, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision scores. The sum is the objective
            of the paper.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, weight, sample_weight=sample_weight)
        value = self.violations(widen(logits), target)
        count = torch.ones_like(value)
        if sample_weight is not None:
            count = sample_weight.to(value.dtype)
        # every sample bears its part of one regulariser, so that the sum holds it once, whatever the batch
        rows = count.sum()
        norm = widen(weight).square().sum().to(value.dtype)
        share = norm / (2 * torch.where(rows == 0, torch.ones_like(rows), rows))
        return self.reduce(value + share, None, sample_weight)

    def violations(self, scores: Tensor, target: Tensor) -> Tensor:
        """The hinge terms of each sample, shape (B,)."""
        hinge = torch.relu(1 + turned_at_label(scores, target))
        if self.p == 2:
            hinge = hinge * hinge
        return self.c * hinge.sum(dim=-1)
