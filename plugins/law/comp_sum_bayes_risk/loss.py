"""Conditional Bayes risk of the comp-sum losses as a module (Mao et al. 2023)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.law.comp_sum_bayes_risk import SPEC
from losskit.plugins.ops.entropy import entropy
from losskit.plugins.ops.exponential import exp_minus_one, log_one_plus
from losskit.plugins.ops.precision import widen


class CompSumBayesRisk(Loss):
    """``(|q|_a - 1) / (1 - tau)`` with the norm of order ``a = 1 / (2 - tau)``; the entropy for 1, the largest share from 2."""

    spec = SPEC
    tau: float

    def forward(self, probs: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced risk.

        Args:
            probs: class probabilities, rows that sum to 1, shape (B, C).
            sample_weight: non-negative weights, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision probabilities.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(probs, sample_weight=sample_weight)
        return self.reduce(self.value(widen(probs)), None, sample_weight)

    def value(self, probs: Tensor) -> Tensor:
        """The risk of each row, shape (B,)."""
        if self.tau >= 2:
            return (1 - probs.amax(dim=-1)) / (self.tau - 1)
        if abs(self.tau - 1) < 1e-8:  # closer to the limit than float64 resolves
            return entropy(probs)
        absent = probs < 1e-37  # the reciprocal, a slope of the logarithm, would overflow a float32
        present = torch.where(absent, torch.ones_like(probs), probs)  # the branch not taken has a finite slope, too
        log_norm = self.log_sum(probs, present.log(), absent) * (2 - self.tau)
        return exp_minus_one(log_norm) / (1 - self.tau)

    def log_sum(self, probs: Tensor, log_probs: Tensor, absent: Tensor) -> Tensor:
        """``log sum_k q_k^a``, shape (B,); near ``a = 1`` by what the sum differs from the row's own, which is 1."""
        if abs(self.tau - 1) < 0.1:
            rest = torch.where(absent, torch.zeros_like(probs), probs)
            excess = (self.tau - 1) / (2 - self.tau)  # a - 1, of which a difference would leave no digits next to 1
            change = (rest * exp_minus_one(excess * log_probs)).sum(dim=-1)
            return log_one_plus(rest.sum(dim=-1) - 1 + change)
        powers = torch.where(absent, torch.full_like(probs, -float("inf")), 1 / (2 - self.tau) * log_probs)
        return torch.logsumexp(powers, dim=-1)
