"""WAFBC as a module (Sun et al. 2024)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.law.wafbc import SPEC
from losskit.plugins.ops.normal import normal_step
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
        value = normal_step(widen(x), self.low, self.high, self.mean, self.std)
        return self.reduce(value, None, sample_weight)
