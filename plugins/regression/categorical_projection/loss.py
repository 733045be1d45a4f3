"""The categorical projection loss as a module (Bellemare et al. 2017, Farebrother et al. 2024)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.support import moved, places
from losskit.plugins.regression.categorical_projection import SPEC


class CategoricalProjectionLoss(Loss):
    """``-sum_k q_k log softmax(logits)_k``, q being the Bellman target's distribution projected on the support."""

    spec = SPEC
    min_value: float
    max_value: float

    def forward(
        self,
        logits: Tensor,
        next_probs: Tensor,
        reward: Tensor,
        discount: Tensor,
        sample_weight: Optional[Tensor] = None,
    ) -> Tensor:
        """The reduced loss.

        Args:
            logits: scores of the locations, shape (B, K).
            next_probs: distribution of the next state's value, shape (B, K); rows sum to 1.
            reward: real numbers, shape (B,).
            discount: numbers in [0, 1], shape (B,); no gradient flows to it, nor to next_probs and reward.
            sample_weight: non-negative weights, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision scores.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, next_probs, reward, discount, sample_weight=sample_weight)
        scores = widen(logits)
        dtype = scores.dtype
        target = self.project(next_probs.detach().to(dtype), reward.detach().to(dtype), discount.detach().to(dtype))
        log_probabilities = torch.log_softmax(scores, dim=-1)
        return self.reduce(-(target * log_probabilities).sum(dim=-1), None, sample_weight)

    def project(self, next_probs: Tensor, reward: Tensor, discount: Tensor) -> Tensor:
        """Distribution of ``reward + discount * value`` on the support, shape (B, K)."""
        count = next_probs.size(1)
        step = (self.max_value - self.min_value) / (count - 1)
        locations = self.min_value + step * torch.arange(count, dtype=reward.dtype, device=reward.device)
        returns = reward.unsqueeze(-1) + discount.unsqueeze(-1) * locations
        return moved(next_probs, places(returns, self.min_value, self.max_value, count))
