"""Soft Dice as a module (Milletari et al. 2016)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.ops.classes import one_hot
from losskit.plugins.ops.overlap import overlap_parts, weigh
from losskit.plugins.ops.precision import widen
from losskit.plugins.segmentation.dice import SPEC
from losskit.spec.errors import InputError


class DiceLoss(Loss):
    """``1 - (2 TP + smooth_nr) / (D + smooth_dr)`` for each sample and class, or for each class of the whole batch."""

    spec = SPEC
    smooth_nr: float
    smooth_dr: float
    squared: bool
    include_background: bool
    batch: bool
    ignore_index: Optional[int]
    class_weights: Optional[Tensor]

    @torch.jit.unused
    def check(self, *inputs: Optional[Tensor], sample_weight: Optional[Tensor] = None) -> None:
        """Refuse wrong inputs, and class weights that do not match the kept classes.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        super().check(*inputs, sample_weight=sample_weight)
        logits, weights = inputs[0], self.class_weights
        if logits is None or weights is None:
            return
        classes = logits.shape[1]
        kept = classes - self._first(classes)
        if len(weights) != kept:
            raise InputError(
                f"dice: parameter class_weights must have a number for each of the {kept} kept classes of input logits, "
                f"shape {tuple(logits.shape)}, found {len(weights)}"
            )

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced loss.

        Args:
            logits: scores, shape (B, C, *spatial); a single channel holds the score of the foreground.
            target: class ids, int64, shape (B, *spatial).
            sample_weight: non-negative weights, shape (B,); with ``batch`` they multiply the samples' sums.

        Returns:
            A scalar, or for ``reduction="none"`` shape (B, K) for K kept classes, (K,) with ``batch``; float32 for
            half-precision scores.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, sample_weight=sample_weight)
        scores = widen(logits).unsqueeze(-1).flatten(2)  # (B, C, N)
        labels = target.unsqueeze(-1).flatten(1)  # (B, N)
        kept = self._kept(labels)
        wrong, size = self._sums(scores, labels, kept)
        pixels = kept.to(scores.dtype).sum(dim=1, keepdim=True)
        if self.batch:
            if sample_weight is not None:
                weight = sample_weight.to(scores.dtype).unsqueeze(1)
                wrong, size, pixels = weigh(wrong, weight), weigh(size, weight), weigh(pixels, weight)
            sample_weight = None
            wrong, size, pixels = wrong.sum(dim=0), size.sum(dim=0), pixels.sum(dim=0)
        return self._reduce_classes(self._quotient(wrong, size), pixels > 0, sample_weight)

    def _kept(self, labels: Tensor) -> Tensor:
        ignored = self.ignore_index
        if ignored is None:
            return torch.ones_like(labels, dtype=torch.bool)
        return labels != ignored

    def _sums(self, scores: Tensor, labels: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
        """Sums over the pixels of each sample, both (B, C): ``D - 2 TP`` and ``D``."""
        scores = self._mask(scores, kept)  # what an ignored pixel holds must not reach the gradient
        classes = scores.size(1)
        if classes == 1:
            probability = torch.sigmoid(scores)
            label = (labels == 1).unsqueeze(1)
        else:
            probability = torch.softmax(scores, dim=1)
            label = one_hot(labels, classes).transpose(1, 2)
        gap, size = overlap_parts(probability, 1 - probability, label, self.squared)
        return self._mask(gap, kept).sum(dim=2), self._mask(size, kept).sum(dim=2)

    def _mask(self, x: Tensor, kept: Tensor) -> Tensor:
        """``x``, shape (B, C, N), with 0 at the ignored pixels."""
        return x if self.ignore_index is None else x.masked_fill(~kept.unsqueeze(1), 0.0)

    def _first(self, classes: int) -> int:
        """The first class that is kept."""
        return 0 if self.include_background or classes == 1 else 1

    def _quotient(self, wrong: Tensor, size: Tensor) -> Tensor:
        value = (wrong + (self.smooth_dr - self.smooth_nr)) / (size + self.smooth_dr)
        class_weights = self.class_weights
        if class_weights is not None:
            dropped = self._first(wrong.size(-1))
            value = value * torch.nn.functional.pad(class_weights.to(value.dtype), [dropped, 0])
        return value

    def _reduce_classes(self, value: Tensor, judged: Tensor, sample_weight: Optional[Tensor]) -> Tensor:
        """Reduce over samples and kept classes; where no pixel was judged there is no entry.

        The background is dropped last: before, it stays as an entry that does not count, since an axis of C - 1 entries
        would tie exported graphs to C >= 3.
        """
        first = self._first(value.size(-1))
        counted = judged & (torch.arange(value.size(-1), device=value.device) >= first)
        reduced = self.reduce(torch.where(counted, value, torch.zeros_like(value)), counted, sample_weight)
        return reduced[..., first:] if self.reduction == "none" else reduced
