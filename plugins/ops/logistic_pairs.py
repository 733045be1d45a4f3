"""Logistic loss of every positive score against every negative one, whole or a block of positives at a time."""

from collections.abc import Sequence

import torch
from torch import Tensor

from losskit.plugins.ops.blocked import Blocked, Gradients
from losskit.plugins.ops.softplus import softplus

BLOCK_ENTRIES = 1 << 19  # pairs held at once: 2 MiB in float32, within a core's cache


def logistic_sums(
    positives: Tensor, negatives: Tensor, positive_weight: Tensor, negative_weight: Tensor, temperature: float
) -> Tensor:
    """``v_p sum_n w_n log(1 + exp((s_n - s_p) / temperature))`` for each positive, shape (P,).

    Args:
        positives: scores s_p, shape (P,).
        negatives: scores s_n, shape (N,).
        positive_weight: v, shape (P,).
        negative_weight: w, shape (N,).
        temperature: above 0; differences are formed before they are divided by it.
    """
    gaps = (negatives.unsqueeze(0) - positives.unsqueeze(1)) / temperature
    return positive_weight * (softplus(gaps) * negative_weight).sum(dim=1)


class LogisticPairs(Blocked):
    """:func:`logistic_sums` with the gradient by the scores, in O(P N) time and O(P + N) memory beside the block."""

    def __init__(self, temperature: float) -> None:
        self.temperature = temperature

    def plain(self, *inputs: Tensor | None) -> Tensor:
        """All pairs at once."""
        positives, negatives, positive_weight, negative_weight = inputs
        assert positives is not None
        assert negatives is not None
        assert positive_weight is not None
        assert negative_weight is not None
        return logistic_sums(positives, negatives, positive_weight, negative_weight, self.temperature)

    def sweep(
        self, cotangent: Tensor | None, wanted: Sequence[bool], *inputs: Tensor | None
    ) -> tuple[Tensor, Gradients]:
        """Values of all positives and the gradient by both kinds of scores, a block of positives after the other."""
        positives, negatives, positive_weight, negative_weight = inputs
        assert positives is not None
        assert negatives is not None
        assert positive_weight is not None
        assert negative_weight is not None
        values = torch.empty_like(positives)
        by_positive, by_negative = torch.zeros_like(positives), torch.zeros_like(negatives)
        rows = max(1, BLOCK_ENTRIES // max(1, len(negatives)))
        for start in range(0, len(positives), rows):
            own = slice(start, start + rows)
            gaps = (negatives - positives[own].unsqueeze(1)).div_(self.temperature)
            values[own] = positive_weight[own] * (softplus(gaps) @ negative_weight)
            if cotangent is not None:
                slopes = gaps.sigmoid_()
                scale = cotangent.expand_as(positives)[own] * positive_weight[own] / self.temperature
                by_positive[own] = -scale * (slopes @ negative_weight)
                by_negative += scale @ slopes
        gradients: Gradients = [by_positive, by_negative.mul_(negative_weight), None, None]
        return values, [g if is_wanted else None for g, is_wanted in zip(gradients, wanted, strict=True)]
