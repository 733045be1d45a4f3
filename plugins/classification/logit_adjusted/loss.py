"""Logit-adjusted cross-entropy as a module (Menon et al. 2021)."""

from typing import Optional

from torch import Tensor

from losskit.plugins.base import ClassificationLoss
from losskit.plugins.classification.logit_adjusted import SPEC
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.softmax import log_likelihood


class LogitAdjustedLoss(ClassificationLoss):
    """``-log softmax(logits + tau log prior)[target]``."""

    spec = SPEC
    class_prior: Optional[Tensor]
    tau: float

    def value(self, logits: Tensor, target: Tensor) -> Tensor:
        """The value of each sample, shape (B,)."""
        scores = widen(logits)
        class_prior = self.class_prior
        if class_prior is not None:
            shift = class_prior.log()
            shift = self.tau * (shift - shift.max())  # a common factor of the prior cancels
            scores = scores + shift.to(scores.dtype)
        return -log_likelihood(scores, target)
