"""The entropy of an activation as a module (Sun et al. 2024)."""

import math
from typing import Final

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.law.activation_entropy import SPEC
from losskit.plugins.ops.bump import log_gaussian
from losskit.plugins.ops.exponential import times_exp
from losskit.plugins.ops.normal import standardised
from losskit.plugins.ops.precision import widen


class ActivationEntropyLoss(Loss):
    """``-sum_j w_j q_j log q_j`` with the density ``q_j = p(y_j) dy_j`` of the output."""

    spec = SPEC
    root: Final[float] = math.sqrt(2 * math.pi)
    mean: float
    std: float

    def forward(self, y: Tensor, dy: Tensor, quadrature: Tensor) -> Tensor:
        """The entropy, whatever the reduction.

        Args:
            y: inverse of the activation at the nodes, shape (N,).
            dy: its derivative there, positive, shape (N,).
            quadrature: non-negative weights of the nodes, shape (N,).

        Returns:
            A scalar; float32 for half-precision inputs.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(y, dy, quadrature)
        standard = standardised(widen(y), self.mean, self.std)
        log_density = torch.log(widen(dy) / (self.std * self.root)) + log_gaussian(standard)
        certainty = times_exp(log_density)
        if not torch.jit.is_scripting():
            self._check_count(torch.ones_like(certainty[:1]))
        return -(widen(quadrature) * certainty).sum()
