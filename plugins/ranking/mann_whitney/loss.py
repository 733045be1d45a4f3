"""The Mann-Whitney loss as a module (Sheikholeslami et al. 2025)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.checks import readable
from losskit.plugins.ops.blocked import blocked_sum, blocked_values
from losskit.plugins.ops.eager import own_backward
from losskit.plugins.ops.logistic_pairs import LogisticPairs, logistic_sums
from losskit.plugins.ops.precision import widen
from losskit.plugins.ranking.mann_whitney import SPEC
from losskit.spec.errors import InputError


class MannWhitneyLoss(Loss):
    """``sum_n log(1 + exp(-(s_p - s_n) / temperature))`` of each positive over the negatives of the whole batch."""

    spec = SPEC
    temperature: float
    normalize: str

    @torch.jit.unused
    def check(self, *inputs: Optional[Tensor], sample_weight: Optional[Tensor] = None) -> None:
        """Refuse wrong inputs, and scores without targets that are no matrix with a positive in every row.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        super().check(*inputs, sample_weight=sample_weight)
        logits, target = inputs
        if target is None and logits is not None and (logits.dim() != 2 or logits.shape[1] < logits.shape[0]):
            raise InputError(
                "mann_whitney: input logits must have the shape (B, M) with M >= B where target is left out, "
                f"found {tuple(logits.shape)}"
            )

    def forward(
        self, logits: Tensor, target: Optional[Tensor] = None, sample_weight: Optional[Tensor] = None
    ) -> Tensor:
        """The reduced loss.

        Args:
            logits: scores of any shape; without targets a matrix (B, M) whose diagonal holds the positives.
            target: 1 for positives, 0 for negatives, floating-point, the shape of the scores.
            sample_weight: non-negative weights, the shape of the scores; each acts as if its score were repeated.

        Returns:
            A scalar, or for ``reduction="none"`` a value for each positive in row-major order, shape (P,); float32 for
            half-precision scores.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, sample_weight=sample_weight)
        scores = widen(logits)
        weight = torch.ones_like(scores) if sample_weight is None else sample_weight.to(scores.dtype)
        positives, negatives, positive_weight, negative_weight = self._sides(scores, target, weight)
        opposed = negative_weight.sum()
        counts = torch.where(opposed > 0, positive_weight, torch.zeros_like(positive_weight))
        if self.normalize == "pairs":
            negative_weight = negative_weight / torch.where(opposed > 0, opposed, torch.ones_like(opposed))
        if not torch.jit.is_scripting():
            self._check_count(counts)
            if own_backward(positives, negatives, positive_weight, negative_weight) and not weight.requires_grad:
                return self._by_blocks(positives, negatives, positive_weight, negative_weight, counts)
        values = logistic_sums(positives, negatives, positive_weight, negative_weight, self.temperature)
        if self.reduction == "none":
            return values
        return self.average(values.sum(), counts)

    def _sides(self, scores: Tensor, target: Optional[Tensor], weight: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Positive and negative scores, then their weights.

        A score that is not of its side has the weight 0 there, so that shapes do not depend on the data; where that is
        not needed, the scores are selected and a pair is nothing but a positive with a negative.
        """
        if target is None:
            row = torch.arange(scores.size(0), device=scores.device).unsqueeze(1)
            positives, positive_weight = scores.gather(1, row).squeeze(1), weight.gather(1, row).squeeze(1)
            diagonal = row == torch.arange(scores.size(1), device=scores.device)
            negatives, negative_weight = scores.flatten(), weight.masked_fill(diagonal, 0.0).flatten()
        else:
            scores, weight, positive = scores.flatten(), weight.flatten(), target.flatten() == 1
            if self._selects(scores):
                own, others = positive.nonzero().squeeze(1), (~positive).nonzero().squeeze(1)
                positives, positive_weight = scores[own], weight[own]
                negatives, negative_weight = scores[others], weight[others]
            else:
                positives, positive_weight = scores, weight.masked_fill(~positive, 0.0)
                negatives, negative_weight = scores, weight.masked_fill(positive, 0.0)
        return (
            _present(positives, positive_weight),
            _present(negatives, negative_weight),
            positive_weight,
            negative_weight,
        )

    def _selects(self, scores: Tensor) -> bool:
        """Whether shapes may depend on the data: always for a value each, else where it makes no accelerator wait."""
        if self.reduction == "none":
            return True
        if torch.jit.is_scripting():
            return not scores.is_cuda
        return readable(scores)

    @torch.jit.unused
    def _by_blocks(
        self, positives: Tensor, negatives: Tensor, positive_weight: Tensor, negative_weight: Tensor, counts: Tensor
    ) -> Tensor:
        pairs = LogisticPairs(self.temperature)
        if self.reduction == "none":
            return blocked_values(pairs, positives, negatives, positive_weight, negative_weight)
        return self.average(blocked_sum(pairs, positives, negatives, positive_weight, negative_weight), counts)


def _present(scores: Tensor, weight: Tensor) -> Tensor:
    """Scores with 0 for those of weight 0: what they hold, not-a-number too, must reach neither value nor gradient."""
    return torch.where(weight == 0, torch.zeros_like(scores), scores)
