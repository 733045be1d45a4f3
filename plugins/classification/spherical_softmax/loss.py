"""Log-spherical-softmax loss as a module (de Brébisson and Vincent 2016)."""

import math

import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.spherical_softmax import SPEC
from losskit.plugins.ops.classes import one_hot, pick
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.softplus import softplus


class SphericalSoftmaxLoss(ClassificationLoss):
    """``log sum_k (o_k^2 + eps) - log(o_y^2 + eps)``, as the softplus of wrong classes against the label."""

    spec = SPEC
    eps: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        scores = widen(logits)
        own_score = pick(scores, target).unsqueeze(-1)
        wrong = ~one_hot(target, scores.size(-1))
        own = self.log_squares(own_score, torch.ones_like(own_score, dtype=torch.bool))
        rest = self.log_squares(scores, wrong)
        # without eps a label at 0 has no share: inf, and no gradient, whose limit depends on the way there; where all
        # scores are 0 the shares are equal, as for every eps above 0
        lost, alike = own == -math.inf, rest == -math.inf
        odds_at_zero = torch.where(alike, wrong.sum(dim=-1).to(own.dtype).log(), torch.full_like(own, math.inf))
        return softplus(torch.where(lost, odds_at_zero, rest - own))

    def log_squares(self, scores: Tensor, kept: Tensor) -> Tensor:
        """``log sum (o_k^2 + eps)`` over the entries kept, shape (B,); -inf, with zero gradient, where the sum is 0.

        Scores are measured in the largest of them, so that no square overflows or vanishes. As a constant that
        cancels it takes no gradient.
        """
        floor = math.sqrt(self.eps)
        held = torch.where(kept, scores, torch.zeros_like(scores))
        unit = held.abs().amax(dim=-1, keepdim=True).clamp(min=floor).detach()
        unit = torch.where(unit == 0, torch.ones_like(unit), unit)
        squares = (held / unit).square() + (floor / unit).square()
        total = torch.where(kept, squares, torch.zeros_like(squares)).sum(dim=-1)
        empty = total == 0
        logarithm = torch.where(empty, torch.ones_like(total), total).log() + 2 * unit.squeeze(-1).log()
        return torch.where(empty, torch.full_like(logarithm, -math.inf), logarithm)
