"""Self-adjusting Dice loss of several classes as a module (Li et al. 2020)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.classification.self_adjusting_dice_multiclass import SPEC
from losskit.plugins.ops.classes import one_hot
from losskit.plugins.ops.exponential import log_one_plus
from losskit.plugins.ops.overlap import adjusted_shares, overlap_parts
from losskit.plugins.ops.precision import widen
from losskit.plugins.overlap import OverlapLoss


class SelfAdjustingDiceMulticlassLoss(OverlapLoss):
    """The self-adjusting Dice loss of each class against the rest, added up over the classes."""

    spec = SPEC
    alpha: float
    squared_denominator: bool
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
        log_p = torch.log_softmax(widen(logits), dim=-1)
        share, missing = adjusted_shares(log_p, _log_rest(log_p), self.alpha, self.detach_weight)
        label = one_hot(target, logits.size(-1))
        wrong, size = overlap_parts(share, missing, label, self.squared_denominator)
        return self.coefficient(wrong, size, sample_weight)


def _log_rest(log_p: Tensor) -> Tensor:
    """``log(1 - p)`` of each entry of a distribution, shape (B, C).

    Of the likeliest class the others are added up; what it leaves of 1 may be far below the digits of its probability.
    """
    largest = one_hot(log_p.argmax(dim=-1), log_p.size(-1))
    # a finite stand-in for log 0: where there is one class alone, infinity would leave slopes of NaN
    rest = torch.logsumexp(log_p.masked_fill(largest, -1e30), dim=-1, keepdim=True)
    others = log_one_plus(-torch.exp(log_p).masked_fill(largest, 0.0))
    return torch.where(largest, rest, others)
