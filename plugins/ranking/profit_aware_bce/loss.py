"""Profit-aware binary cross-entropy as a module (Li and Ma 2025)."""

import math
from typing import Optional

import torch
from torch import Tensor
from torch.nn.functional import pad

from losskit.plugins.base import Loss
from losskit.plugins.checks import readable, refuse
from losskit.plugins.ops.exponential import log_one_plus
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.slopes import traced
from losskit.plugins.ops.softplus import softplus
from losskit.plugins.ranking.profit_aware_bce import SPEC


class ProfitAwareBCELoss(Loss):
    """``log_b(1 + P_i - P_j) log(1 + exp(-(s_i - s_j)))`` over pairs of the K most profitable items of a list, over K."""

    spec = SPEC
    top_k: int
    log_base: float
    skip_empty: bool

    @torch.jit.unused
    def check(self, *inputs: Optional[Tensor], sample_weight: Optional[Tensor] = None) -> None:
        """Refuse wrong inputs, and profits that have no order or no difference.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        super().check(*inputs, sample_weight=sample_weight)
        pnl = inputs[1]
        if pnl is None or not pnl.numel() or not readable(pnl):
            return
        if not pnl.sum().isfinite():  # an overflow is no reason to refuse, but to look
            refuse(self.spec.name, "pnl", pnl, ~pnl.isfinite(), "finite numbers")

    def forward(self, scores: Tensor, pnl: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced loss.

        Args:
            scores: ranking scores, one list a row, shape (B, n).
            pnl: realised profit and loss of the items, shape (B, n); no gradient flows to it.
            sample_weight: non-negative weights of the lists, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision scores.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(scores, pnl, sample_weight=sample_weight)
        profits, order = self.best(widen(pnl.detach()))
        weight, value = self.pairs(profits, widen(scores).gather(1, order))
        counts = (weight > 0).to(value.dtype) if self.skip_empty else torch.ones_like(value)
        return self.reduce(value, counts, sample_weight)

    def best(self, pnl: Tensor) -> tuple[Tensor, Tensor]:
        """Profits from the largest down, and their places, at least the first ``top_k``; of tied ones the first comes first.

        Only at the cut does it matter which of them that is, and where none tie there no list needs to be sorted whole.
        """
        if not torch.jit.is_scripting():
            if readable(pnl) and pnl.size(1) > self.top_k:  # a graph must not ask how long a list is
                profits, order = pnl.topk(self.top_k + 1, dim=1)
                if not bool((profits[:, -2] == profits[:, -1]).any()):
                    return profits[:, :-1], order[:, :-1]
            if traced():  # the standard's operator takes the first of those that tie
                return pnl.topk(torch.sym_min(pnl.size(1), self.top_k), dim=1)
        return torch.sort(pnl, stable=True, dim=1, descending=True)

    def pairs(self, profits: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
        """The total weight and the value of each list, both (B,); items come in the order of falling profit.

        A graph must not know how many items there are: its items are always ``top_k``, and the pairs of those that a list
        lacks weigh nothing.
        """
        if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
            if torch.compiler.is_compiling():
                kept = pad(torch.ones_like(scores), [0, self.top_k])[:, : self.top_k]
                profits = pad(profits, [0, self.top_k])[:, : self.top_k]
                scores = pad(scores, [0, self.top_k])[:, : self.top_k]
                weight = self.weights(profits, profits).to(scores.dtype) * kept.unsqueeze(1) * kept.unsqueeze(2)
                return total(weight), weighed(weight, scores, scores) / kept[:1].sum().clamp(min=1)
        profits, scores = profits[:, : self.top_k], scores[:, : self.top_k]
        weight = self.weights(profits, profits).to(scores.dtype)
        return total(weight), weighed(weight, scores, scores) / max(scores.size(1), 1)

    def weights(self, better: Tensor, worse: Tensor) -> Tensor:
        """The logarithm of each gap, (B, K) and (B, n) to (B, K, n), 0 unless the first earns more."""
        gaps = torch.relu(better.unsqueeze(2) - worse.unsqueeze(1))
        return log_one_plus(gaps) / math.log(self.log_base)


def total(pairs: Tensor) -> Tensor:
    """The sum over the pairs of each list, (B, K, n) to (B,)."""
    return pairs.sum(dim=[1, 2])


def weighed(weight: Tensor, ahead: Tensor, behind: Tensor) -> Tensor:
    """The weighted logistic losses of all pairs of each list, (B,)."""
    return total(weight * softplus(behind.unsqueeze(1) - ahead.unsqueeze(2)))
