"""Error transformation of the comp-sum H-consistency bound and its inverse as a module (Mao et al. 2023, theorem 3.1)."""

import math
from typing import Optional

import torch
from torch import Tensor

from losskit.plugins.base import Loss
from losskit.plugins.law.h_consistency_transform import SPEC
from losskit.plugins.ops.exponential import box_cox
from losskit.plugins.ops.precision import widen


class HConsistencyTransform(Loss):
    """``T_tau``, its inverse ``gamma``, or the closed form above that, entry by entry; the gradients are the closed slopes.

    With ``a = 1 / (2 - tau)``, ``b = tanh(u)`` and ``h(s) = log cosh(s u) / s`` the bracket of the paper is
    ``exp(h(a) - h(1)) - 1``, which loses no digits for small b. Computed in float64.
    """

    spec = SPEC
    direction: str
    tau: float
    num_classes: int

    def forward(self, value: Tensor, sample_weight: Optional[Tensor] = None) -> Tensor:
        """The reduced values.

        Args:
            value: errors in [0, 1] for ``T``, surrogate errors of at least 0 for ``gamma`` and ``gamma_upper``, shape (N,).
            sample_weight: non-negative weights, shape (N,).

        Returns:
            A scalar, or shape (N,) for ``reduction="none"``; float32 for half-precision errors.

        Raises:
            InputError: rank, size or value is wrong.
            InputTypeError: the wrong dtype.
        """
        if not torch.jit.is_scripting():
            self.check(value, sample_weight=sample_weight)
        x = value.double()
        at = x.detach().clamp(0.0, 1.0 if self.direction == "T" else math.inf)
        if self.direction == "T":
            found, slope = self.transform(at)
        elif self.direction == "gamma":
            found, slope = self.inverse(at)
        else:
            found, slope = self.above(at)
        mapped = found + torch.where(slope == 0, torch.zeros_like(x), slope * (x - x.detach()))
        return self.reduce(mapped.to(widen(value).dtype), None, sample_weight)

    def factor(self) -> float:
        """What multiplies the bracket over ``tau - 1``; above 0, where it underflows too."""
        return 2 ** (1 - self.tau) if self.tau < 1 else max(self.num_classes ** (1 - self.tau), 1e-300)

    def largest(self) -> float:
        """``T(1)``."""
        if self.tau >= 2:
            return self.factor() / (self.tau - 1)
        power = self.tau - 1
        return self.factor() * (math.log(2) if power == 0 else math.expm1(power * math.log(2)) / power)

    def transform(self, b: Tensor) -> tuple[Tensor, Tensor]:
        """``T(b)`` and its slope; where that is infinite, at 1 for tau <= 1, it is 0."""
        if self.tau >= 2:
            rate = self.factor() / (self.tau - 1)
            return b * rate, torch.full_like(b, rate)
        found, slope = self.bent(b)
        if self.tau <= 1:
            slope = torch.where(b == 1, torch.zeros_like(b), slope)
        return found, slope

    def bent(self, b: Tensor) -> tuple[Tensor, Tensor]:
        """``T(b)`` and its slope for tau below 2."""
        a, power = 1 / (2 - self.tau), self.tau - 1
        u = inverse_tanh(b)
        gain = self.gain(u)
        found = self.factor() * box_cox(gain, power)
        exponent = power * a * (u - log_cosh(u)) - a * power * power * gain
        slope = -self.factor() * a / 2 * exponent.exp() * box_cox(-2 * u, power * a)
        return found, slope

    def gain(self, u: Tensor) -> Tensor:
        """``(h(a) - h(1)) / (tau - 1)``."""
        a, power = 1 / (2 - self.tau), self.tau - 1
        square = u * u
        near = torch.zeros_like(u)
        for k in [5, 4, 3, 2, 1, 0]:
            near = (near + self.coefficient(k)) * square
        far = torch.where(u * max(a, 1.0) < 0.1, torch.ones_like(u), u)
        if abs(power) < 0.01:  # the mean of the derivative of h by Gauss, for the difference would cancel
            middle, half = (1 + a) / 2, (a - 1) / (2 * math.sqrt(3))
            change = a / 2 * (height_slope(far, middle - half) + height_slope(far, middle + half))
        else:
            change = (log_cosh(a * far) / a - log_cosh(far)) / power
        return torch.where(u * max(a, 1.0) < 0.1, near, change)

    def coefficient(self, k: int) -> float:
        """Coefficient of the power 2k + 2 in the series of :meth:`gain`, from that of log cosh."""
        series = [1 / 2, -1 / 12, 1 / 45, -17 / 2520, 31 / 14175, -691 / 935550]
        power, order = self.tau - 1, 2.0 * k + 1.0
        grown = order if power == 0 else math.expm1(-order * math.log1p(-power)) / power
        return series[k] * grown

    def inverse(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """``gamma(t)`` and its slope, which is 0 from ``T(1)`` on and, where it is infinite, at 0."""
        top = self.largest()
        beyond = t >= top
        ones, none = torch.ones_like(t), torch.zeros_like(t)
        if self.tau >= 2:
            return torch.where(beyond, ones, t / top), torch.where(beyond, none, ones / top)
        inside = (t > 1e-290) & (t < top)
        root = self.solve(torch.where(inside, t, torch.full_like(t, top / 2)), top)
        slope = 1 / self.bent(root)[1]
        outside = torch.where(beyond, ones, 0 * t)
        return torch.where(inside, root, outside), torch.where(inside, slope, none)

    def solve(self, t: Tensor, top: float) -> Tensor:
        """The b between 0 and 1 with ``T(b) = t``, by Newton's method on log b for small ones, on log (1 - b) for large."""
        half = self.bent(torch.full_like(t, 0.5))[0]
        small = t < half
        left = top - t
        b = torch.where(small, self.above(t)[0].clamp(max=0.5), 1 - 0.5 * left / (top - half))
        for _ in range(8):
            found, slope = self.bent(b)
            up = b * torch.exp(-found * (found / t).log() / (b * slope))
            gap, rest = (top - found).clamp(min=1e-17), 1 - b
            down = 1 - rest * torch.exp(-gap * (gap / left).log() / (rest * slope))
            b = torch.where(small, up, down.clamp(0.5, 1 - 1.2e-16))  # up stays below 1/2 by itself
        return b

    def above(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """The closed form no less than gamma, and its slope; where that is infinite, at 0, it is 0."""
        if self.tau >= 2:
            rate = (self.tau - 1) / self.factor()
            return t * rate, torch.full_like(t, rate)
        rate = 2**self.tau * (2 - self.tau) if self.tau < 1 else 2 / self.factor()
        root = (rate * t).sqrt()
        flat = root == 0
        return root, torch.where(flat, torch.zeros_like(t), rate / 2 / torch.where(flat, torch.ones_like(t), root))


def inverse_tanh(b: Tensor) -> Tensor:
    """Inverse hyperbolic tangent of b in [0, 1] with full relative accuracy; of 1, a number as good as infinity."""
    square = b * b
    series = torch.full_like(b, 1 / 17)
    for odd in [15, 13, 11, 9, 7, 5, 3, 1]:
        series = series * square + 1 / odd
    logarithms = ((1 + b).log() - (1 - b).clamp(min=1e-300).log()) / 2
    return torch.where(b < 0.1, b * series, logarithms)


def log_cosh(x: Tensor) -> Tensor:
    """``log cosh x`` for x >= 0, to an absolute accuracy of rounding."""
    return x + (1 + torch.exp(-2 * x)).log() - math.log(2)


def height_slope(u: Tensor, s: float) -> Tensor:
    """Derivative of ``log cosh(s u) / s`` in s."""
    return u * torch.tanh(s * u) / s - log_cosh(s * u) / (s * s)
