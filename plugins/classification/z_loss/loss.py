"""Z-loss as a module (de Brébisson and Vincent 2016)."""

import torch
from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.z_loss import SPEC
from losskit.plugins.ops.classes import pick
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.softplus import softplus


class ZLoss(ClassificationLoss):
    """``softplus(a (b - z_y)) / a`` with the standardised score ``z_y = (o_y - mu) / sigma``."""

    spec = SPEC
    a: float
    b: float
    eps: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        return softplus(self.a * (self.b - self.standardised(widen(logits), target))) / self.a

    def standardised(self, scores: Tensor, target: Tensor) -> Tensor:
        """Standardised score of the label, shape (B,); 0 where all scores of a row are equal.

        Subtracting the largest score and dividing by the range change nothing but the digits: neither an offset of
        the row nor squares that overflow or vanish can spoil them. As constants that cancel they take no gradient.
        """
        below = scores - scores.amax(dim=-1, keepdim=True).detach()
        floor = self.eps**0.5
        unit = (-below.amin(dim=-1, keepdim=True)).clamp(min=floor).detach()
        flat = unit < 1e-20  # equal scores, or so nearly equal that 1 / sigma would overflow in float32
        unit = torch.where(flat, torch.ones_like(unit), unit)
        relative = torch.where(flat, torch.zeros_like(below), below) / unit
        centred = relative - relative.mean(dim=-1, keepdim=True)
        variance = centred.square().mean(dim=-1, keepdim=True) + (floor / unit).square()
        sigma = torch.where(flat, torch.ones_like(variance), variance).sqrt()
        return pick(centred / sigma, target)
