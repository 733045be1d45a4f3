"""Focal loss of one score as a module (Lin et al. 2017, equation 5)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import BinaryLoss
from losskit.plugins.binary.sigmoid_focal import SPEC
from losskit.plugins.ops.bernoulli import cross_entropy, cross_entropy_and_missing
from losskit.plugins.ops.exponential import log_one_plus
from losskit.plugins.ops.powers import is_whole, whole_power
from losskit.plugins.ops.softplus import softplus


class SigmoidFocalLoss(BinaryLoss):
    """``a_t (1 - p_t)^gamma`` times binary cross-entropy."""

    spec = SPEC
    alpha: Optional[float]
    gamma: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each entry, in the shape of the scores."""
        value = self.focused(logits, target)
        alpha = self.alpha
        if alpha is not None:
            value = value * (alpha * target + (1 - alpha) * (1 - target))
        return value

    def focused(self, logits: Tensor, target: Tensor) -> Tensor:
        """Binary cross-entropy times ``(1 - p_t)^gamma``."""
        if self.gamma == 0:
            return cross_entropy(logits, target)
        if is_whole(self.gamma):
            value, missing = cross_entropy_and_missing(logits, target)
            return value * whole_power(missing, self.gamma)
        no, yes = softplus(logits), softplus(-logits)  # -log of the probability of each class
        value = target * yes + (1 - target) * no
        return value * torch.exp(self.gamma * self.log_missing(no, yes, target))

    def log_missing(self, no: Tensor, yes: Tensor, target: Tensor) -> Tensor:
        """``log(1 - p_t) = log(t exp(-no) + (1 - t) exp(-yes))``, of which a hard label leaves one term.

        In logarithms: another power than a whole one of a probability that has underflowed has a slope of NaN.
        """
        one, other = torch.log(target) - no, torch.log(1 - target) - yes
        first = one > other
        larger, smaller = torch.where(first, one, other), torch.where(first, other, one)
        return larger + log_one_plus(torch.exp(smaller - larger))
