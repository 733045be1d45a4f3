"""Two-hot as a module: cross-entropy against a target split between two locations (Farebrother et al. 2024)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.support import cross_entropy_between, places
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
        scores = widen(logits)
        place = places(target.detach().to(scores.dtype), self.min_value, self.max_value, scores.size(1))
        return self.reduce(cross_entropy_between(scores, place), None, sample_weight)
