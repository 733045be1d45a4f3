"""Mean absolute error as a module."""

from torch import Tensor

from losskit.plugins.base import ElementwiseLoss
from losskit.plugins.ops.precision import widen
from losskit.plugins.regression.mae import SPEC


class MAELoss(ElementwiseLoss):
    """``|input - target|``, with the subgradient 0 at a residual of 0."""

    spec = SPEC

    def value(self, input: Tensor, target: Tensor) -> Tensor:
        """The value of each element, the shape of the input."""
        return (widen(input) - widen(target)).abs()
