"""Binary cross-entropy with logits as a module."""

from typing import Any

import torch
from torch import Tensor

from losskit.plugins.base import BinaryLoss
from losskit.plugins.binary.binary_cross_entropy_with_logits import SPEC
from losskit.plugins.ops.bernoulli import cross_entropy
from losskit.plugins.ops.softplus import softplus


class BinaryCrossEntropyWithLogitsLoss(BinaryLoss):
    """``w t log(1 + exp(-x)) + (1 - t) log(1 + exp(x))``."""

    spec = SPEC
    weights: Tensor
    weighted: bool

    def __init__(self, *, reduction: str = "mean", **parameters: Any) -> None:
        super().__init__(reduction=reduction, **parameters)
        # one number or a row of them: a tensor in both cases, since a scripted module knows one type
        self.register_buffer("weights", torch.tensor(self._values["pos_weight"], dtype=torch.float64), persistent=False)
        self.weighted = self._values["pos_weight"] != 1

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each entry, in the shape of the scores."""
        if not self.weighted:
            return cross_entropy(logits, target)
        positive = self.weights.to(logits.dtype) * target * softplus(-logits)
        return positive + (1 - target) * softplus(logits)
