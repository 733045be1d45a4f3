"""What losses of an overlap share: one coefficient a sample, or one of the sums over the batch."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.checks import readable
from losskit.plugins.ops.overlap import overlap_parts, weigh
from losskit.plugins.ops.overlap_losses import dice_losses
from losskit.plugins.ops.precision import widen


class OverlapLoss(Loss):
    """A loss ``W / (N + smooth)``, one minus a smoothed coefficient of overlap; that of Dice where no subclass says otherwise.

    A share is the predicted membership q of an entry, ``missing`` is 1 - q.
    """

    smooth: float
    aggregation: str
    squared_denominator: bool

    def overlap(self, share: Tensor, missing: Tensor, label: Tensor, sample_weight: Optional[Tensor]) -> Tensor:
        """The reduced loss.

        Args:
            share: shape (B,), or (B, C) for a coefficient of each class; these are added up.
            missing: one minus it, of the same shape.
            label: whether an entry is a member, boolean or 0 and 1, of the same shape.
            sample_weight: shape (B,); it multiplies the value of a sample, or its terms where the batch has one value.

        Returns:
            A scalar; for ``reduction="none"`` shape (B,), where each sample has a coefficient of its own.
        """
        if self.aggregation == "sample":
            value = self.each(share, missing, label)
            return self.reduce(value.sum(dim=1) if value.dim() == 2 else value, None, sample_weight)
        wrong, size = self.parts(share, missing, label)
        count = torch.ones_like(wrong[:, 0] if wrong.dim() == 2 else wrong)
        if sample_weight is not None:
            count = sample_weight.to(wrong.dtype)
            weight = count.unsqueeze(1) if wrong.dim() == 2 else count
            wrong, size = weigh(wrong, weight), weigh(size, weight)
        value = wrong.sum(dim=0) / (size.sum(dim=0) + self.smooth)
        return self.reduce(value.sum(), count.sum() > 0)

    def each(self, share: Tensor, missing: Tensor, label: Tensor) -> Tensor:
        """The loss of each entry by itself."""
        return dice_losses(share, missing, label, self.smooth, self.squared_denominator)

    def parts(self, share: Tensor, missing: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """What each entry adds to W and to N."""
        return overlap_parts(share, missing, label, self.squared_denominator)


class BinaryOverlapLoss(OverlapLoss):
    """Such a loss of one score and a label 0 or 1 a sample; subclasses write ``shares``."""

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced loss.

        Args:
            logits: scores, shape (B,); positive means class 1.
            target: labels, floating-point, shape (B,).
            sample_weight: non-negative weights, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"`` where each sample has a coefficient of its own; float32 for
            half-precision scores.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, sample_weight=sample_weight)
        scores = widen(logits)
        share, missing = self.shares(scores)
        return self.overlap(share, missing, positives(target, scores.dtype), sample_weight)

    def shares(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """The share of each sample and one minus it, both (B,)."""
        raise NotImplementedError  # every subclass has its own; TorchScript needs the signature here


def positives(target: Tensor, dtype: torch.dtype) -> Tensor:
    """Whether the target is 1; the target itself, a comparison less, where its values have been found to be 0 or 1."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - TorchScript would compile the other side of an and
        if readable(target):
            return target.detach().to(dtype)
    return target == 1
