"""Self-adjusting Dice loss of several classes as a module (Li et al. 2020)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.classification.self_adjusting_dice_multiclass import SPEC
from losskit.plugins.ops.classes import membership
from losskit.plugins.ops.overlap import adjusted_shares
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.variances import class_variances, log_rest
from losskit.plugins.overlap import OverlapLoss


class SelfAdjustingDiceMulticlassLoss(OverlapLoss):
    """The self-adjusting Dice loss of each class against the rest, added up over the classes."""

    spec = SPEC
    alpha: float
    detach_weight: bool

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced loss.

        Args:
            logits: scores, shape (B, C).
            target: class ids, int64, shape (B,).
            sample_weight: non-negative weights, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"`` where each sample has coefficients of its own; float32 for
            half-precision scores.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, sample_weight=sample_weight)
        share, missing = self._shares(widen(logits))
        label = membership(target, share)
        return self.overlap(share, missing, label, sample_weight)

    def _shares(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The share q of each class and ``1 - q``, both (B, C)."""
        if self.alpha == 1 and not self.detach_weight:
            share = class_variances(logits)
            return share, 1 - share  # the share is at most 1/4
        log_p = torch.log_softmax(logits, dim=-1)
        return adjusted_shares(log_p, log_rest(log_p), self.alpha, self.detach_weight)
