"""Two-hot as a module: cross-entropy against a target split between two locations (Farebrother et al. 2024)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.support import linear_shares, places
from losskit.plugins.regression.two_hot import SPEC


class TwoHotLoss(Loss):
    """``-sum_k q_k(y) log softmax(logits)_k``, q being the target's shares of its two neighbouring locations."""

    spec = SPEC
    min_value: float
    max_value: float

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced loss.

        Args:
            logits: scores of the locations, shape (B, K).
            target: real numbers, shape (B,); no gradient flows to them.
            sample_weight: non-negative weights, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision scores.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, sample_weight=sample_weight)
        log_probabilities = torch.log_softmax(widen(logits), dim=-1)
        wanted = target.detach().to(log_probabilities.dtype)
        count = logits.size(1)
        shares = linear_shares(places(wanted, self.min_value, self.max_value, count), count)
        return self.reduce(-(shares * log_probabilities).sum(dim=-1), None, sample_weight)
