"""Asymmetric loss as a module (Ridnik et al. 2021, equations 4 to 6)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import BinaryLoss
from losskit.plugins.binary.asymmetric_loss import SPEC
from losskit.plugins.ops.powers import is_whole, whole_power
from losskit.plugins.ops.rest import surprise_of_rest
from losskit.plugins.ops.sigmoid import sigmoids
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
        present, absent = sigmoids(logits)
        positive = softplus(-logits)  # -log p
        if self.gamma_pos != 0:
            positive = self.focused(positive, probability_power(absent, logits, self.gamma_pos))
        return torch.addcmul(target * positive, 1 - target, self.negative(logits, present, absent))

    def negative(self, logits: Tensor, present: Tensor, absent: Tensor) -> Tensor:
        """The value of each entry as a negative, from its score and the probabilities of both classes."""
        clip = self.clip
        if clip is None or clip == 0:
            surprise = softplus(logits)  # -log(1 - p)
            if self.gamma_neg == 0:
                return surprise
            return self.focused(surprise, probability_power(present, -logits, self.gamma_neg))
        probability = torch.relu(present - clip)
        surprise = surprise_of_rest(probability, absent + clip)
        if self.gamma_neg == 0:
            return surprise
        if is_whole(self.gamma_neg):
            return self.focused(surprise, whole_power(probability, self.gamma_neg))
        above = probability > 0
        base = torch.where(above, probability, torch.ones_like(probability))  # a power of 0 may have an infinite slope
        return self.focused(surprise, torch.where(above, base.pow(self.gamma_neg), torch.zeros_like(base)))

    def focused(self, surprise: Tensor, weight: Tensor) -> Tensor:
        """The product of both, in which the weight has a gradient unless the parameter detaches it."""
        return surprise * (weight.detach() if self.detach_weight else weight)


def probability_power(probability: Tensor, against: Tensor, power: float) -> Tensor:
    """``p^gamma`` of ``p = sigmoid(-x)``, from p or from the score x against it.

    A power other than a whole one has a slope of NaN where p has underflowed, its logarithm has not.
    """
    if is_whole(power):
        return whole_power(probability, power)
    return torch.exp(-power * softplus(against))
