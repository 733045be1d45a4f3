"""WAFBC as a module (Sun et al. 2024)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.law.wafbc import SPEC
from losskit.plugins.ops.normal import tail
from losskit.plugins.ops.precision import widen


class WAFBCLoss(Loss):
    """``low + (high - low) Phi((x - mean) / std)``."""

    spec = SPEC
    low: float
    high: float
    mean: float
    std: float

    def forward(self, x: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced value; the mean is over all elements.

        Args:
            x: inputs, of any shape.
            sample_weight: non-negative weights of the elements, the shape of ``x``.

        Returns:
            A scalar, or the shape of ``x`` for ``reduction="none"``; float32 for half-precision inputs.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(x, sample_weight=sample_weight)
        standard = (widen(x) - self.mean) / self.std
        below = standard < 0
        beyond = (self.high - self.low) * tail(torch.where(below, -standard, standard))  # abs would have no slope at 0
        return self.reduce(torch.where(below, self.low + beyond, self.high - beyond), None, sample_weight)
