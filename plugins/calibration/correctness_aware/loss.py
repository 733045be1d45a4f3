"""Correctness-aware calibration loss as a module (Liu et al. 2024)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.calibration.correctness_aware import SPEC
from losskit.plugins.ops.leading import leader, share_of_leader
from losskit.plugins.ops.precision import widen


class CorrectnessAwareLoss(Loss):
    """``(max_k p_k - [argmax_k p_k = y])^2`` with ``p = softmax(logits)``; of equal scores the first is the prediction."""

    spec = SPEC
    balanced: bool

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced loss.

        Args:
            logits: calibrated scores, shape (B, C).
            target: class ids, int64, shape (B,).
            sample_weight: non-negative weights, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision scores.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, sample_weight=sample_weight)
        scores = widen(logits)
        predicted = leader(scores)  # of the scores: scores that differ may have equal probabilities
        correct = predicted == target
        confidence, lacking = share_of_leader(scores, predicted)
        value = torch.where(correct, lacking, confidence).square()
        if self.balanced:
            value = value * self.balance(correct, value, sample_weight)
        return self.reduce(value, None, sample_weight)

    def balance(self, correct: Tensor, like: Tensor, sample_weight: Optional[Tensor]) -> Tensor:
        """Factors that give correct and wrong samples half of the batch each, shape (B,); 1 where one kind is missing."""
        weight = torch.ones_like(like) if sample_weight is None else sample_weight.to(like.dtype)
        none = torch.zeros_like(weight)
        right, wrong = torch.where(correct, weight, none).sum(), torch.where(correct, none, weight).sum()
        own = torch.where(correct, right, wrong)
        both = (right > 0) & (wrong > 0)
        return torch.where(both, 0.5 * (right + wrong) / torch.where(both, own, torch.ones_like(own)), 1.0)
