"""Log-spherical-softmax loss as a module (de Brébisson and Vincent 2016)."""

from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.spherical_softmax import SPEC
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.squares import surprise_of_squares


class SphericalSoftmaxLoss(ClassificationLoss):
    """``log sum_k (o_k^2 + eps) - log(o_y^2 + eps)``, as the softplus of wrong classes against the label."""

    spec = SPEC
    eps: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        return surprise_of_squares(widen(logits), target, self.eps)
