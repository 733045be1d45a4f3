"""What an invariance says of the gradient: it is orthogonal to the direction in which the value does not change."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from losskit.conformance.laws.base import Law, Sides, positions
from losskit.conformance.laws.growth import one_case
from losskit.conformance.laws.invariance import Scale, Shift
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim, LossSpec
from losskit.spec.properties import AffineInvariant, ScaleInvariant, ShiftInvariant


class Orthogonal(Law):
    """The gradient has no part along the direction of an invariance."""

    claimed: ShiftInvariant | ScaleInvariant | AffineInvariant

    def concerns(self, spec: LossSpec) -> bool:
        """A detached part takes itself out of the gradient, and of what follows for it."""
        return spec.gradient == "exact" and set(self.subjects) <= set(spec.differentiable())

    @abstractmethod
    def direction(self, tensor: Tensor) -> Tensor:
        """Where the transformation moves an input."""

    def sides(self, subject: Subject, data: Data) -> Sides:
        gradients = subject.gradients(data, self.subjects)
        totals, noises = [], []
        for name in self.subjects:
            across = positions(subject, name, self.claimed.axis, data)
            direction = self.direction(data[name])
            product = gradients[name] * direction
            totals.append(_sum(product, across))
            noises.append(_blur(data[name], across, _sum(product.abs(), across), _largest(direction, across)))
        return self._worst(subject, data, torch.stack(totals).sum(0), torch.stack(noises).sum(0))

    def _worst(self, subject: Subject, data: Data, total: Tensor, blur: Tensor) -> Sides:
        by_case = not one_case(subject, self.subjects) and len(total) == len(subject.value(data))
        rows = len(total) if by_case else 1
        noise = (64 * torch.finfo(subject.dtype).eps * blur).reshape(rows, -1)
        total = total.masked_fill(~total.isfinite(), 0.0).reshape(rows, -1)  # where a value overflows, so does this
        worst = (total.abs() / (1 + noise)).argmax(1, keepdim=True)
        left = total.gather(1, worst).squeeze(1)
        return Sides(left, torch.zeros_like(left), noise=noise.gather(1, worst).squeeze(1))

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return ()  # chance does it: a gradient with a part detached is wrong nearly everywhere


def _sum(tensor: Tensor, across: tuple[int, ...]) -> Tensor:
    return tensor.sum(across, keepdim=True) if across else tensor


def _largest(tensor: Tensor, across: tuple[int, ...]) -> Tensor:
    return tensor.abs().amax(across, keepdim=True) if across else tensor.abs()


def _blur(tensor: Tensor, across: tuple[int, ...], size: Tensor, reach: Tensor) -> Tensor:
    """What rounding of relative size 1 does to the sum of a gradient: more where entries are large or nearly agree.

    ``size`` is the sum of its absolute parts, ``reach`` the largest entry of the direction. Intermediate results of a loss
    that divides by the spread of its scores are of the size of ``reach`` over that spread, though they may cancel.
    """
    largest = _largest(tensor, across)
    spread = tensor.amax(across, keepdim=True) - tensor.amin(across, keepdim=True) if across else largest * 0
    apart = spread > 0
    width = torch.where(apart, spread, torch.ones_like(spread))
    close = torch.where(apart, largest / width, torch.zeros_like(spread))
    return (1 + largest) * (1 + close) * (size + torch.where(apart, reach / width, torch.zeros_like(spread)))


class NoShift(Orthogonal):
    """The gradient sums to zero along the axis."""

    detail = "the sum of the gradient along the axis, and zero"

    def direction(self, tensor: Tensor) -> Tensor:
        return torch.ones_like(tensor)


class NoStretch(Orthogonal):
    """The gradient is orthogonal to the input along the axis."""

    detail = "the product of the gradient with the input, and zero"

    def direction(self, tensor: Tensor) -> Tensor:
        return tensor


def shift(claim: Claim) -> list[Law]:
    """The value, and its gradient, which sums to zero."""
    return [Shift(claim), NoShift(claim)]


def scale(claim: Claim) -> list[Law]:
    """The value and, where no reflection is claimed, its gradient."""
    # a reflection is no flow: nothing follows for the gradient
    positive = claim.property.factor == "positive"  # type: ignore[attr-defined]
    return [Scale(claim), NoStretch(claim)] if positive else [Scale(claim)]


def affine(claim: Claim) -> list[Law]:
    """Shift and scale, of the value and of its gradient."""
    return [Shift(claim), Scale(claim), NoShift(claim), NoStretch(claim)]


def not_affine(claim: Claim) -> list[Law]:
    """Scale or shift."""
    return [Scale(claim), Shift(claim)]  # one witness will do, and more losses feel the scale
