"""The Huber loss as a module (Huber 1964)."""

from torch import Tensor

from losskit.plugins.base import ElementwiseLoss
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.residuals import huber_residual
from losskit.plugins.regression.huber import SPEC


class HuberLoss(ElementwiseLoss):
    """``r^2 / 2`` up to ``|r| = delta``, ``delta (|r| - delta / 2)`` beyond, with ``r = input - target``."""

    spec = SPEC
    delta: float

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        """The value of each element, the shape of the input."""
        return huber_residual(widen(input), widen(target), self.delta)
