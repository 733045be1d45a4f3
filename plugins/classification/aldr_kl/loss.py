"""ALDR-KL loss as a module (Zhu, Ying and Yang 2023)."""

import math
from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.classification.aldr_kl import SPEC
from losskit.plugins.ops.classes import margin_violations
from losskit.plugins.ops.exponential import log_mean_exp
from losskit.plugins.ops.precision import widen


class ALDRKLLoss(Loss):
    """LDR-KL at the temperature that maximises it less a penalty on the distance from ``lam0``; the temperature is detached.

    Temperatures are reckoned in units of ``lam0``, in which the penalty is ``alpha log(C) / 2 (t - 1)^2``.
    """

    spec = SPEC
    lam0: float
    alpha: float
    margin: float
    max_iter: int

    def forward(
        self, logits: Tensor, target: Tensor, lam: Optional[Tensor] = None, sample_weight: Optional[Tensor] = None
    ) -> Tensor:
        """The reduced loss.

        Args:
            logits: scores, shape (B, C).
            target: class ids, int64, shape (B,).
            lam: starting temperatures, above 0, shape (B,); ``lam0`` if left out.
            sample_weight: non-negative weights, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision scores.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, lam, sample_weight=sample_weight)
        violations = self.violations(logits, target)
        share = self.share(violations.detach(), lam)
        value = share * log_mean_exp(violations / share.unsqueeze(-1))
        if self.alpha < math.inf:
            value = value - self.alpha * log_classes(violations) / 2 * (share - 1).square()
        return self.reduce(self.unit() * value, None, sample_weight)

    def temperature(self, logits: Tensor, target: Tensor, lam: Optional[Tensor] = None) -> Tensor:
        """The temperature of each sample after ``max_iter`` steps from ``lam``, without gradient, shape (B,)."""
        return self.unit() * self.share(self.violations(logits, target).detach(), lam)

    def unit(self) -> float:
        """``lam0``, kept where it and its reciprocal are float32; the value changes by less than rounding."""
        return min(max(self.lam0, 1e-30), 1e30)

    def violations(self, logits: Tensor, target: Tensor) -> Tensor:
        """Margin violations over ``lam0``, shape (B, C)."""
        return margin_violations(widen(logits), target, self.margin) / self.unit()

    def share(self, violations: Tensor, lam: Optional[Tensor]) -> Tensor:
        """Temperatures over ``lam0``, shape (B,), by fixed-point steps ``t = 1 - KL(p_t || uniform) / (alpha log C)``.

        No share is below 1e-20, where violations over it would overflow a float32.
        """
        share = torch.ones_like(violations[:, 0])
        if self.alpha == math.inf:
            return share
        if lam is not None:
            share = (lam.detach().to(share.dtype) / self.unit()).clamp(min=1e-20)
        spread = log_classes(violations)
        single = spread == 0  # a single class: its divergence is 0, and so is what it would be divided by
        rate = torch.where(single, spread, 1 / torch.where(single, torch.ones_like(spread), self.alpha * spread))
        floor = (1 - rate * spread).clamp(min=1e-20)
        for _ in range(self.max_iter):  # KL(p || uniform) is log C less the entropy
            log_p = torch.log_softmax(violations / share.unsqueeze(-1), dim=-1)
            share = floor - rate * (log_p.exp() * log_p).sum(dim=-1)
        return share


def log_classes(scores: Tensor) -> Tensor:
    """Logarithm of the number of classes, the last axis; a tensor, for the number may vary in a graph."""
    return torch.ones(scores.size(-1), dtype=scores.dtype, device=scores.device).sum().log()
