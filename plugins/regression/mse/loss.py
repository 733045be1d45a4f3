"""Mean squared error as a module."""

from torch import Tensor

from losskit.plugins.base import ElementwiseLoss
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.residuals import squared_residual
from losskit.plugins.regression.mse import SPEC


class MSELoss(ElementwiseLoss):
    """``(input - target)^2``."""

    spec = SPEC

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        """The value of each element, the shape of the input."""
        return squared_residual(widen(input), widen(target))
