"""Brier score as a module (Brier 1950)."""

import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.calibration.brier import SPEC
from losskit.plugins.ops.classes import one_hot, pick
from losskit.plugins.ops.exponential import exp_minus_one
from losskit.plugins.ops.precision import widen


class BrierLoss(ClassificationLoss):
    """``(1 - p_y)^2 + sum_{k != y} p_k^2`` with ``p = softmax(logits)``."""

    spec = SPEC

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        log_p = torch.log_softmax(widen(logits), dim=-1)
        missed = exp_minus_one(pick(log_p, target))
        label = one_hot(target, log_p.size(-1))
        wrong = torch.where(label, torch.zeros_like(log_p), log_p.exp())
        return missed.square() + wrong.square().sum(dim=-1)
