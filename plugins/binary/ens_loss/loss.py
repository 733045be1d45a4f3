"""EnsLoss as a module (Dai 2024): derivatives drawn at random and handed out in the order of the margins."""

from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.binary.ens_loss import SPEC
from losskit.plugins.ops.exponential import log_one_plus
from losskit.plugins.ops.ordering import ascending
from losskit.plugins.ops.precision import widen
from losskit.plugins.ops.signs import signed_margin


class EnsLoss(Loss):
    """``g_i z_i`` with the margin ``z_i = (2 t_i - 1) x_i`` and a derivative ``g_i`` that is drawn and held fixed."""

    spec = SPEC
    lam: float
    clip: float
    offset: float
    period: int

    def forward(
        self,
        logits: Tensor,
        target: Tensor,
        noise: Optional[Tensor] = None,
        sample_weight: Optional[Tensor] = None,
        generator: Optional[torch.Generator] = None,
    ) -> Tensor:
        """The reduced carrier of the gradient.

        Args:
            logits: scores, shape (B,); positive means class 1.
            target: labels, floating-point, shape (B,).
            noise: standard normal numbers, shape (B,); drawn where they are left out.
            sample_weight: non-negative weights of the samples' own terms, shape (B,).
            generator: source of the noise that is drawn; the framework's own where it is left out.

        Returns:
            A scalar, or shape (B,) for ``reduction="none"``; float32 for half-precision scores.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(logits, target, noise, sample_weight=sample_weight)
        scores = widen(logits)
        margin = signed_margin(scores, target.detach().to(scores.dtype))
        if noise is None:
            drawn = torch.randn(scores.size(), generator=generator, dtype=scores.dtype, device=scores.device)
        else:
            drawn = widen(noise)
        derivative = self.derivatives(margin.detach(), drawn.detach()).to(scores.dtype)
        return self.reduce(derivative * margin, None, sample_weight)

    def derivatives(self, margin: Tensor, noise: Tensor) -> Tensor:
        """The derivative of each margin, both of shape (B,): the smallest margin gets the most negative one."""
        steepest_first = ascending((-inverse_box_cox(noise, self.lam)).clamp(min=-self.clip))[0].to(margin.dtype)
        order = ascending(margin)[1]
        assigned = torch.zeros_like(margin).scatter(0, order, steepest_first)
        lowered = assigned / margin.clamp(min=1.0)
        # not as a subtraction of 0: ONNX Runtime drops that one from a graph in which two nodes read it
        return lowered if self.offset == 0 else lowered - self.offset


def inverse_box_cox(x: Tensor, power: float) -> Tensor:
    """``max(1 + power x, 0)^(1 / power)``, and ``exp(x)`` for a power of 0; infinite where a power below 0 is taken of 0."""
    if abs(power) < 1e-20:  # closer to 0 than float64 resolves, and its product with x may underflow
        return torch.exp(x)
    inside = power * x > -1
    log_base = log_one_plus(torch.where(inside, power * x, torch.zeros_like(x)))
    beyond = torch.zeros_like(x) if power > 0 else torch.full_like(x, float("inf"))
    return torch.where(inside, torch.exp(log_base / power), beyond)
