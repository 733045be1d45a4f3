"""CRReLU as a module (Sun et al. 2024)."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.law.crrelu import SPEC
from losskit.plugins.ops.bump import gaussian_bump
from losskit.plugins.ops.precision import widen


class CRReLULoss(Loss):
    """``max(0, x) + epsilon x exp(-x^2/2)``."""

    spec = SPEC
    epsilon: float

    def forward(self, x: Tensor, epsilon: Optional[Tensor] = None, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced value; the mean is over all elements.

        Args:
            x: inputs, of any shape.
            epsilon: coefficient of the bump, shape (), in place of the parameter.
            sample_weight: non-negative weights of the elements, the shape of ``x``.

        Returns:
            A scalar, or the shape of ``x`` for ``reduction="none"``; float32 for half-precision inputs.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(x, epsilon, sample_weight=sample_weight)
        points = widen(x)
        bump = gaussian_bump(points)
        scaled = self.epsilon * bump if epsilon is None else epsilon.to(points.dtype) * bump
        return self.reduce(torch.relu(points) + scaled, None, sample_weight)
