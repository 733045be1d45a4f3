"""Step-wise direct coverage optimisation as a module (Chen et al. 2025)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.language.direct_coverage_step import SPEC
from losskit.plugins.ops.classes import pick, without_ignored
from losskit.plugins.ops.coverage import coverage_surprise
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.segments import segment_places, segment_sums


class DirectCoverageStepLoss(Loss):
    """``sum_k -log(1 - (1 - p_k)^n_eff)`` with ``p_k`` the probability of all tokens of step k."""

    spec = SPEC
    n_eff: float
    ignore_index: int

    def forward(
        self, logits: Tensor, target: Tensor, step_ids: Tensor, sample_weight: Optional[Tensor] = None
    ) -> Tensor:
        """The reduced loss.

        Args:
            logits: next-token scores, those at a position predict the target there, shape (B, T, V).
            target: token ids or ``ignore_index``, int64, shape (B, T).
            step_ids: the step of each token, negative outside every step, int64, shape (B, T).
            sample_weight: non-negative weights of the sequences, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``, the sum over the steps of each sequence; float32 for
            half-precision scores. The mean is over the steps of the batch that have a kept token.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, step_ids, sample_weight=sample_weight)
        kept = (target != self.ignore_index) & (step_ids >= 0)
        ignored = torch.full_like(target, self.ignore_index)
        scores, label, kept = without_ignored(widen(logits), torch.where(kept, target, ignored), self.ignore_index)
        log_p = pick(torch.log_softmax(scores, dim=-1), label)
        places, steps = segment_places(torch.where(kept, step_ids, -torch.ones_like(step_ids)))
        by_step = segment_sums(torch.where(kept, log_p, torch.zeros_like(log_p)), places)
        return self.reduce(coverage_surprise(by_step, self.n_eff).sum(dim=1), steps, sample_weight)
