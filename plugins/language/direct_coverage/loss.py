"""Direct coverage optimisation as a module (Chen et al. 2025)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.language.direct_coverage import SPEC
from losskit.plugins.ops.classes import pick, without_ignored
from losskit.plugins.ops.coverage import coverage_surprise
from losskit.plugins.ops.precision import widen


class DirectCoverageLoss(Loss):
    """``-log(1 - (1 - p)^n_samples)`` with ``p`` the probability of the whole answer."""

    spec = SPEC
    n_samples: float
    ignore_index: int

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced loss.

        Args:
            logits: next-token scores, those at a position predict the target there, shape (B, T, V).
            target: token ids or ``ignore_index``, int64, shape (B, T).
            sample_weight: non-negative weights of the sequences, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision scores. The mean is over
            sequences that have a kept token.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, sample_weight=sample_weight)
        scores, label, kept = without_ignored(widen(logits), target, self.ignore_index)
        log_p = pick(torch.log_softmax(scores, dim=-1), label)
        log_p = torch.where(kept, log_p, torch.zeros_like(log_p))
        return self.reduce(coverage_surprise(log_p.sum(dim=1), self.n_samples), kept.any(dim=1), sample_weight)
