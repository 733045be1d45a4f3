"""What losses of an overlap share: one coefficient a sample, or one of the sums over the batch."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.ops.overlap import weigh
from losskit.plugins.ops.precision import widen


class OverlapLoss(Loss):
    """A loss ``W / (N + smooth)``, one minus a smoothed coefficient of overlap; subclasses say what W and N sum up."""

    smooth: float
    aggregation: str

    def coefficient(self, wrong: Tensor, size: Tensor, sample_weight: Optional[Tensor]) -> Tensor:
        """The reduced loss of what each sample adds to W and to N.

        Args:
            wrong: terms of W, shape (B,), or (B, C) for a coefficient of each class; these are added up.
            size: terms of N, of the same shape.
            sample_weight: shape (B,); it multiplies the value of a sample, or its terms where the batch has one value.

        Returns:
            A scalar; for ``reduction="none"`` shape (B,), where each sample has a coefficient of its own.
        """
        if self.aggregation == "sample":
            return self.reduce(self._total(wrong, size, 1), None, sample_weight)
        count = torch.ones_like(wrong[:, 0] if wrong.dim() == 2 else wrong)
        if sample_weight is not None:
            count = sample_weight.to(wrong.dtype)
            weight = count.unsqueeze(1) if wrong.dim() == 2 else count
            wrong, size = weigh(wrong, weight), weigh(size, weight)
        return self.reduce(self._total(wrong.sum(dim=0), size.sum(dim=0), 0), count.sum() > 0)

    def _total(self, wrong: Tensor, size: Tensor, leading: int) -> Tensor:
        """The coefficients, added over the classes where there is an axis of them behind the leading ones."""
        value = wrong / (size + self.smooth)
        return value.sum(dim=-1) if value.dim() > leading else value


class BinaryOverlapLoss(OverlapLoss):
    """Such a loss of one score and a label 0 or 1 a sample; subclasses write ``parts``."""

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
        wrong, size = self.parts(widen(logits), target == 1)
        return self.coefficient(wrong, size, sample_weight)

    def parts(self, logits: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """What each sample adds to W and to N, both (B,)."""
        raise NotImplementedError  # every subclass has its own; TorchScript needs the signature here
