"""The EAFO correction as a module (Sun et al. 2024)."""

import math
from typing import Final, Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.law.eafo_correction import SPEC
from losskit.plugins.ops.bump import gaussian
from losskit.plugins.ops.normal import over_deviation, standardised
from losskit.plugins.ops.precision import widen


class EAFOCorrectionLoss(Loss):
    """``-(p'(y) dy + p(y) d2y / dy)`` with the normal density p."""

    spec = SPEC
    root: Final[float] = math.sqrt(2 * math.pi)
    mean: float
    std: float

    def forward(self, y: Tensor, dy: Tensor, d2y: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced correction.

        Args:
            y: inverse of the activation, shape (N,).
            dy: its first derivative, positive, shape (N,).
            d2y: its second derivative, shape (N,).
            sample_weight: non-negative weights of the points, shape (N,).

        Returns:
            A scalar, or shape (N,) for ``reduction="none"``; float32 for half-precision inputs.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(y, dy, d2y, sample_weight=sample_weight)
        slope = widen(dy)
        standard = standardised(widen(y), self.mean, self.std)
        density = gaussian(standard, 1 / (self.std * self.root))
        value = density * (over_deviation(standard, self.std) * slope - widen(d2y) / slope)
        return self.reduce(value, None, sample_weight)
