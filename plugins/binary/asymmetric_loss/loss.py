"""Asymmetric loss as a module (Ridnik et al. 2021, equations 4 to 6)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import BinaryLoss
from losskit.plugins.binary.asymmetric_loss import SPEC
from losskit.plugins.ops.exponential import log_one_plus
from losskit.plugins.ops.softplus import softplus


class AsymmetricLoss(BinaryLoss):
    """``-(1 - p)^gamma_pos log p`` for positives, ``-p_m^gamma_neg log(1 - p_m)`` with ``p_m = max(p - clip, 0)`` for negatives."""

    spec = SPEC
    gamma_neg: float
    gamma_pos: float
    clip: Optional[float]
    detach_weight: bool

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each entry, in the shape of the scores."""
        no, yes = softplus(logits), softplus(-logits)  # -log of the probability of each class
        positive = self.focused(yes, torch.exp(-self.gamma_pos * no)) if self.gamma_pos != 0 else yes
        return target * positive + (1 - target) * self.negative(no, yes)

    def negative(self, no: Tensor, yes: Tensor) -> Tensor:
        """The value of each entry as a negative.

        Probabilities are exponentials: the slope ``p (1 - p)`` of a sigmoid is 0 as soon as p rounds to 1.
        """
        clip = self.clip
        if clip is None or clip == 0:
            return self.focused(no, torch.exp(-self.gamma_neg * yes)) if self.gamma_neg != 0 else no
        shifted = torch.exp(-yes) - clip
        above = shifted > 0
        probability = torch.where(above, shifted, torch.zeros_like(shifted))
        surprise = -log_of_rest(probability, torch.exp(-no) + clip)
        if self.gamma_neg == 0:
            return surprise
        base = torch.where(above, shifted, torch.ones_like(shifted))  # a power of 0 may have an infinite slope
        return self.focused(surprise, torch.where(above, base.pow(self.gamma_neg), torch.zeros_like(base)))

    def focused(self, surprise: Tensor, weight: Tensor) -> Tensor:
        """The product of both, in which the weight has a gradient unless the parameter detaches it."""
        return surprise * (weight.detach() if self.detach_weight else weight)


def log_of_rest(probability: Tensor, rest: Tensor) -> Tensor:
    """``log(1 - p)`` from p where that is small, else from ``1 - p`` itself: each keeps its digits there."""
    small = probability < 0.5
    near = log_one_plus(-torch.where(small, probability, torch.zeros_like(probability)))
    return torch.where(small, near, torch.where(small, torch.ones_like(rest), rest).log())
