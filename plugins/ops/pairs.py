"""All pairs of a batch: similarities, which pairs share a label, and a sweep over blocks of anchors."""

from collections.abc import Sequence

import torch
from torch import Tensor

from losskit.plugins.ops.blocked import Blocked, Gradients
from losskit.plugins.ops.precision import full_matmul

BLOCK_ENTRIES = 1 << 19  # similarities held at once: 2 MiB in float32, within a core's cache


def similarities(x: Tensor) -> Tensor:
    """Inner products of all pairs of rows, (B, D) to (B, B), in the precision of ``x`` also under autocast."""
    return full_matmul(x, x.transpose(0, 1))


def same_label(labels: Tensor) -> Tensor:
    """Boolean (B, B): both rows bear the same label, each row with itself included."""
    return labels.unsqueeze(1) == labels.unsqueeze(0)


def self_pairs(x: Tensor) -> Tensor:
    """Boolean (B, B): the pair of a row with itself, by index, so that true duplicates stay pairs."""
    order = torch.arange(x.size(0), device=x.device)
    return order.unsqueeze(1) == order.unsqueeze(0)


class PairBlocks(Blocked):
    """A loss ``l_i = f(S_i1 .. S_iB; which j share the label of i)`` of the inner products of embeddings.

    A subclass writes :meth:`plain` and :meth:`anchors`. The sweep holds one block of rows of ``S`` at a time: time
    O(B^2 D), memory O(B D) beside the block.
    """

    def anchors(self, scores: Tensor, positive: Tensor, same: Tensor, slopes: bool) -> tuple[Tensor, Tensor | None]:
        """Values of a block of anchors and, if ``slopes``, their derivatives by the similarities.

        Args:
            scores: similarities of the block's anchors to all rows, shape (b, B); may be overwritten.
            positive: pairs of the same label without the self pairs, shape (b, B).
            same: pairs of the same label, self pairs included, shape (b, B).
            slopes: whether derivatives are wanted.

        Returns:
            Values (b,) and derivatives (b, B), zero at the self pairs.
        """
        raise NotImplementedError

    def sweep(
        self, cotangent: Tensor | None, wanted: Sequence[bool], *inputs: Tensor | None
    ) -> tuple[Tensor, Gradients]:
        """Values of all anchors and the gradient by the embeddings, a block of anchors after the other."""
        x, labels = inputs
        assert x is not None
        assert labels is not None
        values = x.new_empty(x.size(0))
        gradient = torch.zeros_like(x) if wanted[0] and cotangent is not None else None
        rows = max(1, BLOCK_ENTRIES // max(1, x.size(0)))
        for start in range(0, x.size(0), rows):
            block = x[start : start + rows]
            own = slice(start, start + block.size(0))
            same = labels[own].unsqueeze(1) == labels
            positive = same.clone()
            positive[:, own].fill_diagonal_(False)
            values[own], slope = self.anchors(block @ x.T, positive, same, gradient is not None)
            if gradient is not None and slope is not None and cotangent is not None:
                slope *= cotangent.expand_as(values)[own].unsqueeze(1)
                gradient[own].addmm_(slope, x)  # each similarity moves both of its ends
                gradient.addmm_(slope.T, block)
        return values, [gradient, None]
