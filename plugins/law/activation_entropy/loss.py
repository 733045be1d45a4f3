"""The entropy of an activation as a module (Sun et al. 2024)."""

import math
from typing import Final

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.law.activation_entropy import SPEC
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
        standard = (widen(y) - self.mean) / self.std
        tails = standard.abs() > 60  # no dy that is a number of the dtype lifts q from 0 there
        standard = torch.where(tails, torch.zeros_like(standard), standard)
        log_density = torch.log(widen(dy) / (self.std * self.root)) - 0.5 * standard * standard
        surprise = torch.where(tails, torch.zeros_like(log_density), -log_density * torch.exp(log_density))
        if not torch.jit.is_scripting():
            self._check_count(torch.ones_like(surprise))
        return (widen(quadrature) * surprise).sum()
