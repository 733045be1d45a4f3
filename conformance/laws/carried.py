"""What a symmetry of the value says of the gradient: it is carried along, and has no part along the orbits.

Nothing follows where a part is detached: the value may be symmetric though neither the detached part nor the rest is. And
nothing follows at kinks, where the slope that a loss gives may depend on the order of its inputs; so these laws first move
what was drawn a little, by chance.
"""

from __future__ import annotations

import random
from typing import ClassVar

import torch
from torch import Tensor

from losskit.conformance.laws.base import Law, Sides, normal, taken
from losskit.conformance.laws.growth import one_case
from losskit.conformance.laws.invariance import Homogeneity, LabelSum, Rotation, Transformed
from losskit.conformance.laws.permutation import Permutation
from losskit.conformance.laws.signs import Exchanged, SumOfBoth, score_and_label
from losskit.conformance.search.domains import project
from losskit.conformance.search.inputs import MODERATE
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim, LossSpec
from losskit.spec.properties import Homogeneous
from losskit.spec.tensors import Real

ASIDE = 0.1  # of a row's largest entry, or of 1: how far inputs are moved off ties
BLUR = 2**12  # of the dtype's resolution: gradients lose more digits than values
SHAKEN = 64  # times what one rounding of all inputs changed may be due to those on the way


def moved_aside(subject: Subject, data: Data, rng: random.Random) -> Data:
    """The data with real inputs that have gradients moved off ties and kinks, if the loss takes them there."""
    moved = dict(data)
    for entry in subject.spec.inputs:
        tensor = data.get(entry.name)
        if tensor is None or not entry.differentiable or not isinstance(entry.domain, Real) or not tensor.numel():
            continue
        size = tensor.abs().clamp(min=1.0)
        size = size.amax(tuple(range(1, tensor.dim())), keepdim=True) if tensor.dim() > 1 else size
        moved[entry.name] = tensor + ASIDE * size * normal(tensor, rng)
    inside = project(subject, moved)
    return inside if taken(subject, inside) else data


def no_orbit(subject: Subject, total: Tensor, parts: Tensor, reach: float) -> Sides:
    """Sums (cases, sums) that must vanish, where rounding counts with the size of their parts and of the inputs."""
    total = total.masked_fill(~total.isfinite(), 0.0)  # where a value overflows, so does its slope
    noise = BLUR * torch.finfo(subject.dtype).eps * (1 + reach) * parts.nan_to_num(0.0, 0.0)
    worst = (total.abs() / (1 + noise)).argmax(1, keepdim=True)
    left = total.gather(1, worst).squeeze(1)
    return Sides(left, torch.zeros_like(left), noise=noise.gather(1, worst).squeeze(1), rtol=1e-8)


def reach_of(data: Data, names: tuple[str, ...]) -> float:
    """The largest entry of some inputs."""
    return max((float(data[n].detach().abs().max()) for n in names if data[n].numel()), default=0.0)


class OfGradient(Law):
    """What laws of the gradient share: generic inputs of moderate size, and no ascent, for chance does it."""

    scales: ClassVar[tuple[float, ...]] = MODERATE
    ties: ClassVar[float] = 0.0

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        return super().prepare(subject, moved_aside(subject, data, rng), rng)

    def concerns(self, spec: LossSpec) -> bool:
        return spec.gradient == "exact" and bool(spec.differentiable()) and super().concerns(spec)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return ()


class Carried(OfGradient):
    """The gradient at transformed inputs, taken back through the transformation, is that at the inputs."""

    detail = "an entry of the gradient at the transformed inputs, taken back, and of the gradient"

    def __init__(self, of: Transformed | Permutation) -> None:
        super().__init__(of.claim)
        self.of = of

    @property
    def degree(self) -> float:
        """The power of the factor by which the value grows; 0 where it stays."""
        return self.claimed.degree if isinstance(self.claimed, Homogeneous) else 0.0

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        return self.of.prepare(subject, super().prepare(subject, data, rng), rng)

    def applies(self, subject: Subject, data: Data) -> str:
        return self.of.applies(subject, data)

    def concerns(self, spec: LossSpec) -> bool:
        return super().concerns(spec) and self.of.concerns(spec)

    def sides(self, subject: Subject, data: Data) -> Sides:
        names = tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)
        leaves = {n: data[n].detach().requires_grad_() for n in names}
        other, changed = self.of.transform(subject, {**data, **leaves})
        there = other.gradients({n: v.detach() if torch.is_tensor(v) else v for n, v in changed.items()}, names)
        back = torch.autograd.grad([changed[n] for n in names], list(leaves.values()), [there[n] for n in names])
        grown = float(data["_factor"]) ** self.degree if self.degree else 1.0
        here = subject.gradients(data, names)
        shared = one_case(subject, names)
        pairs = [(taken, grown * here[n]) for n, taken in zip(names, back, strict=True)]
        after, before = (torch.cat([_rows(pair[k], shared) for pair in pairs], 1) for k in (0, 1))
        size = torch.maximum(after.abs(), before.abs()).nan_to_num(0.0, 0.0).amax(1)
        worst = (after - before).abs().nan_to_num(0.0, 0.0).argmax(1, keepdim=True)
        left, right = (g.gather(1, worst).squeeze(1).nan_to_num(0.0, 0.0, 0.0) for g in (after, before))
        noise = BLUR * torch.finfo(subject.dtype).eps * (1 + reach_of(data, names)) * size
        return Sides(left, right, noise=noise + self._wobble(subject, data, here, shared), rtol=1e-8)

    @staticmethod
    def _wobble(subject: Subject, data: Data, here: Data, shared: bool) -> Tensor:
        """What rounded inputs change in a gradient: all of it where it is 0 but for rounding, as of two standardised scores."""
        rounded = 1 + 64 * torch.finfo(subject.dtype).eps
        shaken = project(subject, {**data, **{n: data[n] * rounded for n in here}})
        there = subject.gradients(shaken, tuple(here))
        gaps = torch.cat([_rows((there[n] - here[n]).abs(), shared) for n in here], 1)
        return SHAKEN * gaps.nan_to_num(0.0, 0.0).amax(1)


def _rows(tensor: Tensor, shared: bool) -> Tensor:
    return tensor.reshape(1, -1) if shared else tensor.reshape(tensor.shape[0], -1)


class Euler(OfGradient):
    """``<grad, z> = k l`` where inputs alone are scaled."""

    claimed: Homogeneous
    detail = "the product of the gradient with the inputs, and the degree times the value"

    def concerns(self, spec: LossSpec) -> bool:
        return super().concerns(spec) and set(self.subjects) <= set(spec.differentiable())

    def sides(self, subject: Subject, data: Data) -> Sides:
        names = self.subjects
        found = subject.read(data, names)
        products = [found.gradients[n].detach() * data[n] for n in names]
        own = self.claimed.degree * found.value.detach()
        if one_case(subject, names):
            product = torch.stack([p.sum() for p in products]).sum().reshape(1)
            parts = torch.stack([p.abs().sum() for p in products]).sum().reshape(1)
            own = own.sum().reshape(1)
        else:
            product = torch.stack([_rows(p, False).sum(1) for p in products]).sum(0)
            parts = torch.stack([_rows(p, False).abs().sum(1) for p in products]).sum(0)
        noise = BLUR * torch.finfo(subject.dtype).eps * parts
        return Sides(product.nan_to_num(0.0, 0.0, 0.0), own.nan_to_num(0.0, 0.0, 0.0), noise=noise, rtol=1e-8)


class Twist(OfGradient):
    """No turn of the features changes the value: the products of inputs with their gradients form a symmetric matrix."""

    detail = "the slope along a turn in the plane of two features, and zero"

    def concerns(self, spec: LossSpec) -> bool:
        return super().concerns(spec) and set(self.subjects) <= set(spec.differentiable())

    def sides(self, subject: Subject, data: Data) -> Sides:
        names = self.subjects
        gradients = subject.gradients(data, names)
        shared = one_case(subject, names)
        products, sizes = [], []
        for name in names:
            width = data[name].shape[-1]
            points, slopes = (
                t.detach().reshape(1 if shared else len(t), -1, width) for t in (data[name], gradients[name])
            )
            products.append(points.mT @ slopes)
            sizes.append(points.abs().mT @ slopes.abs())
        product, size = torch.stack(products).sum(0), torch.stack(sizes).sum(0)
        return no_orbit(subject, (product - product.mT).flatten(1), (size + size.mT).flatten(1), reach_of(data, names))


class LabelSlopes(OfGradient, LabelSum):
    """The gradients of all labels in the scores sum to zero."""

    detail = "an entry of the gradients summed over labels, and zero"

    def sides(self, subject: Subject, data: Data) -> Sides:
        name = self._scores(subject)
        slopes = [subject.gradients(labelled, (name,))[name] for labelled in self.labelled(subject, data, data[name])]
        return _vanishing(subject, data, name, torch.stack(slopes))


class SlopesOfBoth(OfGradient, SumOfBoth):
    """The slopes of both labels in the score sum to zero."""

    detail = "the slopes summed over both labels, and zero"

    def sides(self, subject: Subject, data: Data) -> Sides:
        name, label = score_and_label(subject.spec)
        labels = (torch.zeros_like(data[label]), torch.ones_like(data[label]))
        slopes = [subject.gradients({**data, label: t}, (name,))[name] for t in labels]
        return _vanishing(subject, data, name, torch.stack(slopes))


def _vanishing(subject: Subject, data: Data, name: str, slopes: Tensor) -> Sides:
    """Slopes, one block a label, whose sum must vanish entry by entry."""
    total, parts = (_rows(s, subject.shares(name)) for s in (slopes.sum(0), slopes.abs().sum(0)))
    return no_orbit(subject, total, parts, reach_of(data, (name,)))


def homogeneous(claim: Claim) -> list[Law]:
    """The value, and Euler's identity; where parameters are scaled along, the gradient's own degree."""
    value = Homogeneity(claim)
    return [value, Euler(claim), GrownAlong(value)]


class GrownAlong(Carried):
    """The gradient is homogeneous too, of a degree lower by one in what is scaled; asked where Euler's identity is not."""

    def concerns(self, spec: LossSpec) -> bool:
        return super().concerns(spec) and not set(self.subjects) <= set(spec.differentiable())


def reordered(claim: Claim) -> list[Law]:
    """Values in any order, and single exchanges; gradients are reordered alike."""
    values: tuple[Permutation, Exchanged] = (Permutation(claim), Exchanged(claim))
    return [*values, *(Carried(value) for value in values)]


def rotation(claim: Claim) -> list[Law]:
    """The value; its gradient, which is turned along; and the slope along turns, which is zero."""
    value = Rotation(claim)
    return [value, Carried(value), Twist(claim)]


def label_symmetric(claim: Claim) -> list[Law]:
    """Class ids, and labels 0 and 1: the sum over labels, and its gradient."""
    return [LabelSum(claim), SumOfBoth(claim), LabelSlopes(claim), SlopesOfBoth(claim)]
