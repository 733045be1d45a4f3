"""HL-Gauss as a module: cross-entropy against a Gaussian histogram of the target (Farebrother et al. 2024)."""

from typing import Final, Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.checks import readable, refuse
from losskit.plugins.ops.normal import interval_masses
from losskit.plugins.ops.precision import widen
from losskit.plugins.regression.hl_gauss import REACH, SPEC


class HLGaussLoss(Loss):
    """``-sum_k q_k(y) log softmax(logits)_k``, q being the mass of a Gaussian around the target in each bin."""

    spec = SPEC
    reach: Final[float] = REACH
    min_value: float
    max_value: float
    sigma_ratio: float
    clamp_target: bool

    @torch.jit.unused
    def check(self, *inputs: Optional[Tensor], sample_weight: Optional[Tensor] = None) -> None:
        """Refuse wrong inputs, and targets so far outside the support that no mass is left in it.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        super().check(*inputs, sample_weight=sample_weight)
        logits, target = inputs
        if self.clamp_target or logits is None or target is None or not readable(target):
            return
        reach = self.reach * self.sigma_ratio * (self.max_value - self.min_value) / max(1, logits.shape[1])
        low, high = self.min_value - reach, self.max_value + reach
        wanted = f"numbers at most {self.reach:g} sigma outside the support, in [{low:g}, {high:g}]"
        refuse(self.spec.name, "target", target, (target < low) | (target > high), wanted)

    def forward(self, logits: Tensor, target: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced loss.

        Args:
            logits: scores of the bins, shape (B, K).
            target: real numbers, shape (B,); no gradient flows to them.
            sample_weight: non-negative weights, shape (B,).

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision scores.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, sample_weight=sample_weight)
        log_probabilities = torch.log_softmax(widen(logits), dim=-1)
        histogram = self.histogram(target.detach().to(log_probabilities.dtype), logits.size(1))
        return self.reduce(-(histogram * log_probabilities).sum(dim=-1), None, sample_weight)

    def histogram(self, target: Tensor, bins: int) -> Tensor:
        """Probability of each bin, (B,) to (B, bins); nan in rows whose target is too far outside the support."""
        place = (target - self.min_value) / (self.max_value - self.min_value) * bins  # in bin widths
        if self.clamp_target:
            place = torch.clamp(place, 0, bins)
        edges = torch.arange(bins + 1, dtype=place.dtype, device=place.device)
        edges = (edges - place.unsqueeze(-1)) / self.sigma_ratio  # in standard deviations from the target
        masses = interval_masses(edges)
        histogram = masses / masses.sum(dim=-1, keepdim=True)
        if self.clamp_target:
            return histogram
        far = (edges[:, :1] > self.reach) | (edges[:, -1:] < -self.reach)
        return torch.where(far, torch.full_like(histogram, float("nan")), histogram)
