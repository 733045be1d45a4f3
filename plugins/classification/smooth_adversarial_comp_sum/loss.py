"""Smooth adversarial comp-sum losses as a module (Mao et al. 2023, section 5)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.classification.smooth_adversarial_comp_sum import SPEC
from losskit.plugins.ops.classes import margin_violations, pick
from losskit.plugins.ops.exponential import box_cox
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.vectors import norm_rows


class SmoothAdversarialCompSumLoss(Loss):
    """Comp-sum loss of ``logits / rho`` plus ``nu`` times the Euclidean norm of what the attack adds to the margins."""

    spec = SPEC
    tau: float
    rho: float
    nu: float

    def forward(
        self, logits: Tensor, adversarial_logits: Tensor, target: Tensor, sample_weight: Optional[Tensor] = None
    ) -> Tensor:
        """The reduced loss.

        Args:
            logits: scores of the clean inputs, shape (B, C).
            adversarial_logits: scores of the attacked inputs, shape (B, C).
            target: class ids, int64, shape (B,).
            sample_weight: non-negative weights, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision scores.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, adversarial_logits, target, sample_weight=sample_weight)
        return self.reduce(self.value(widen(logits), widen(adversarial_logits), target), None, sample_weight)

    def value(self, logits: Tensor, adversarial_logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        rho = max(self.rho, 1e-30)  # scores over rho must not overflow a float32
        surprise = -pick(torch.log_softmax(logits / rho, dim=-1), target)
        moved = margin_violations(adversarial_logits - logits, target, 0.0)
        return box_cox(surprise, 1.0 - self.tau) + self.nu * norm_rows(moved)
