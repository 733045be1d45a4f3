"""Multi-similarity loss as a module (Wang et al. 2019): blocks of anchors in eager mode, all pairs in a graph."""

from dataclasses import dataclass
from typing import Any, Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.metric_learning.multi_similarity import SPEC
from losskit.plugins.ops.blocked import blocked_sum, blocked_values
from losskit.plugins.ops.eager import own_backward
from losskit.plugins.ops.pairs import PairBlocks, same_label, self_pairs, similarities
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.vectors import unit_rows


class MultiSimilarityLoss(Loss):
    """Hard pairs of each anchor, weighted softly: a log-sum-exp over positives and one over negatives."""

    spec = SPEC
    alpha: float
    beta: float
    lam: float
    epsilon: float
    mining: bool
    normalize: bool

    def forward(self, embeddings: Tensor, labels: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced loss.

        Args:
            embeddings: one vector a sample, shape (B, D).
            labels: class ids, int64, shape (B,).
            sample_weight: non-negative weights of the anchors, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision embeddings.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(embeddings, labels, sample_weight=sample_weight)
        x = widen(embeddings)
        if self.normalize:
            x = unit_rows(x)
        if not torch.jit.is_scripting():  # noqa: SIM102 - TorchScript would compile the other side of an and
            if own_backward(x, labels, sample_weight):
                return self._by_blocks(x, labels, sample_weight)
        scores, same = similarities(x), same_label(labels)
        value = all_anchors(scores, same, self_pairs(x), self.alpha, self.beta, self.lam, self.epsilon, self.mining)
        return self.reduce(value, None, sample_weight)

    @torch.jit.unused
    def _by_blocks(self, x: Tensor, labels: Tensor, sample_weight: Optional[Tensor]) -> Tensor:
        loss: Any = AnchorBlocks(self.alpha, self.beta, self.lam, self.epsilon, self.mining)
        if self.reduction == "none" or sample_weight is not None:
            return self.reduce(blocked_values(loss, x, labels), None, sample_weight)
        counts = x.new_ones(x.size(0))
        self._check_count(counts)
        return self.average(blocked_sum(loss, x, labels), counts)


def all_anchors(
    scores: Tensor,
    same: Tensor,
    own: Tensor,
    alpha: float,
    beta: float,
    lam: float,
    epsilon: float,
    mining: bool,
) -> Tensor:
    """Value of each anchor from all similarities (B, B), pairs of one label and self pairs, shape (B,)."""
    positive, negative = torch.logical_and(same, torch.logical_not(own)), torch.logical_not(same)
    if mining:
        none = scores.new_full([scores.size(0), 1], float("inf"))  # the hardest of no pairs keeps no pair
        farthest = torch.cat([none, scores.masked_fill(torch.logical_not(positive), float("inf"))], 1).amin(1)
        nearest = torch.cat([-none, scores.masked_fill(torch.logical_not(negative), -float("inf"))], 1).amax(1)
        positive = torch.logical_and(positive, scores < (nearest + epsilon).unsqueeze(1))
        negative = torch.logical_and(negative, scores > (farthest - epsilon).unsqueeze(1))
    pull = log_one_plus_sum_exp(-alpha * (scores - lam), positive) / alpha
    return pull + log_one_plus_sum_exp(beta * (scores - lam), negative) / beta


def log_one_plus_sum_exp(scores: Tensor, mask: Tensor) -> Tensor:
    """``log(1 + sum exp(scores))`` over the entries of each row that the mask keeps; 0 where it keeps none.

    The derivative divides by the sum itself. That of ``logsumexp`` is ``exp(score - result)``, and at 1e9 the result has no
    digits left for the logarithm of 2: two tied scores would get the weight 1 each.
    """
    zero = scores.new_zeros([scores.size(0), 1])  # the 1 under the logarithm
    kept = torch.cat([zero, scores.masked_fill(torch.logical_not(mask), -float("inf"))], 1)
    top = kept.detach().amax(1)
    return top + (kept - top.unsqueeze(1)).exp().sum(1).log()


@dataclass(frozen=True)
class AnchorBlocks(PairBlocks):
    """The loss with its derivatives by the similarities: minus and plus the pair weights of the paper's equation 11."""

    alpha: float
    beta: float
    lam: float
    epsilon: float
    mining: bool

    def plain(self, *inputs: Tensor | None) -> Tensor:
        """Value of each anchor with all similarities at once, shape (B,)."""
        x, labels = inputs
        assert x is not None
        assert labels is not None
        scores, same = similarities(x), same_label(labels)
        return all_anchors(scores, same, self_pairs(x), self.alpha, self.beta, self.lam, self.epsilon, self.mining)

    def anchors(self, scores: Tensor, positive: Tensor, same: Tensor, slopes: bool) -> tuple[Tensor, Tensor | None]:
        """Values (b,) and derivatives (b, B); what no set holds is at minus infinity before the exponential."""
        pushes = scores.masked_fill(same, -torch.inf)
        pulls = scores.masked_fill_(~positive, torch.inf)
        nearest, farthest = pushes.amax(1), pulls.amin(1)  # the hardest negative and the hardest positive
        push_top, pull_top = self.beta * (nearest - self.lam), -self.alpha * (farthest - self.lam)
        if self.mining:
            reach, bar = nearest + self.epsilon, farthest - self.epsilon
            pushes.masked_fill_(pushes <= bar.unsqueeze(1), -torch.inf)
            pulls.masked_fill_(pulls >= reach.unsqueeze(1), torch.inf)
            push_top.masked_fill_(nearest <= bar, 0.0)  # no pair is kept, so none sets the scale
            pull_top.masked_fill_(farthest >= reach, 0.0)
        push_top, pull_top = push_top.clamp_(min=0), pull_top.clamp_(min=0)
        push_sum = _exponentiate(pushes, self.beta, torch.where(push_top > 0, nearest, self.lam), push_top)
        pull_sum = _exponentiate(pulls, -self.alpha, torch.where(pull_top > 0, farthest, self.lam), pull_top)
        values = (push_top + push_sum.log()) / self.beta + (pull_top + pull_sum.log()) / self.alpha
        if not slopes:
            return values, None
        return values, pushes.div_(push_sum.unsqueeze(1)).addcmul_(pulls, -1 / pull_sum.unsqueeze(1))


def _exponentiate(scores: Tensor, sharpness: float, pivot: Tensor, top: Tensor) -> Tensor:
    """Overwrite scores by ``exp(sharpness (scores - pivot))``; return the sum of each row and of ``exp(-top)``.

    The pivot is subtracted before anything is multiplied: so the hardest score gives exactly 1, however large it is.
    """
    scores.sub_(pivot.unsqueeze(1)).mul_(sharpness).exp_()
    return scores.sum(1) + (-top).exp()  # top is at least 0, the exponent of the 1 under the logarithm
