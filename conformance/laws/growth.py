"""Laws of growth: Lipschitz constants of the value and of its gradient."""

from __future__ import annotations

import random
from typing import ClassVar

import torch
from torch import Tensor

from losskit.conformance.laws.analytic import constant
from losskit.conformance.laws.base import Law, Sides, normal
from losskit.conformance.laws.invariance import close
from losskit.conformance.subject import Data, Reading, Subject
from losskit.spec import Claim
from losskit.spec.properties import Lipschitz, Smooth

ORDER = {"l1": 1.0, "l2": 2.0, "linf": torch.inf}
DUAL = {"l1": torch.inf, "l2": 2.0, "linf": 1.0}
STEEP = 1e4


def flatten(subject: Subject, tensors: dict[str, Tensor], names: tuple[str, ...]) -> Tensor:
    """Tensors side by side, a row a case; one row for all where some tensor serves all cases."""
    if one_case(subject, names):
        return torch.cat([tensors[n].reshape(1, -1) for n in names], dim=1)
    return torch.cat([tensors[n].flatten(1) if tensors[n].dim() > 1 else tensors[n].unsqueeze(1) for n in names], dim=1)


def one_case(subject: Subject, names: tuple[str, ...]) -> bool:
    """Whether a change of the named inputs concerns all cases at once."""
    return any(subject.shares(n) for n in names)


def values(subject: Subject, data: Data, names: tuple[str, ...]) -> Tensor:
    """The value of each case, or their sum where the named inputs concern all cases at once."""
    found = subject.value(data)
    return found.sum().reshape(1) if one_case(subject, names) else found


def measured(subject: Subject, found: Reading, names: tuple[str, ...]) -> tuple[Tensor, Tensor]:
    """:func:`values` as they were read, and what rounding may do to them.

    Rounding of the inputs, and of numbers of order 1 on the way to the value: the second part matters where a
    difference of values is divided by a tiny distance.
    """
    on_the_way = 16 * torch.finfo(subject.dtype).eps * (1 + found.value.detach().abs())
    noise = found.noise + on_the_way
    return (found.value.sum().reshape(1), noise.sum().reshape(1)) if one_case(subject, names) else (found.value, noise)


class Slope(Law):
    """Neither the dual norm of the gradient nor the slope between two points exceeds the constant."""

    claimed: Lipschitz
    detail = "the slope (of the gradient, or between two points), and the constant"
    scales: ClassVar[tuple[float, ...]] = (1e-6, 1e-3, 0.1, 1.0, 3.0, 10.0, 100.0, 1e4)
    ends: ClassVar[tuple[str, ...]] = ("", "_")

    def __init__(self, claim: Claim) -> None:
        super().__init__(claim)
        self.tight = 0.99 if claim.verdict == "holds" and claim.property.tight else None  # type: ignore[attr-defined]

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        far = {}
        for name in self.subjects:
            tensor = data[name]
            size = tensor.abs().amax() if subject.shares(name) else tensor.abs().amax(-1, keepdim=True)
            far[f"_{name}"] = tensor + (size + 1e-9) * normal(tensor, rng) * 10 ** rng.uniform(-3, 0.5)
            if self.claimed.region == "same_order":
                far[f"_{name}"] = self._ranked_alike(tensor, far[f"_{name}"])
        return {**data, **far}

    @staticmethod
    def _ranked_alike(tensor: Tensor, values: Tensor) -> Tensor:
        ranks = tensor.argsort(-1).argsort(-1)
        return values.sort(-1).values.gather(-1, ranks)

    @staticmethod
    def _ranked_otherwise(one: Tensor, other: Tensor) -> Tensor:
        return (one.argsort(-1) != other.argsort(-1)).flatten(1).any(1)

    def sides(self, subject: Subject, data: Data) -> Sides:
        norm = self.claimed.norm
        far = {**data, **{n: data[f"_{n}"] for n in self.subjects}}
        higher = any(torch.is_tensor(data[n]) and data[n].requires_grad for n in self.subjects)
        here, there = subject.read(data, self.subjects, create_graph=higher), subject.read(far, self.subjects)
        gradient = flatten(subject, here.gradients, self.subjects)
        steepness = torch.linalg.vector_norm(gradient, DUAL[norm], dim=1)
        gap = flatten(subject, {n: far[n] - data[n] for n in self.subjects}, self.subjects)
        distance = torch.linalg.vector_norm(gap, ORDER[norm], dim=1)
        (near_value, noise), (far_value, more) = (measured(subject, r, self.subjects) for r in (here, there))
        apart = distance > 0
        reach = torch.where(apart, distance, torch.ones_like(distance))
        differ = apart & (far_value != near_value)  # infinite at both ends says nothing of the slope
        secant = torch.where(differ, (far_value - near_value).abs() / reach, torch.zeros_like(distance))
        if self.claimed.region == "same_order":
            tied = close(data[self.subjects[0]]) | close(far[self.subjects[0]])
            # ascent may have moved one of the points past a tie
            crossed = tied | self._ranked_otherwise(data[self.subjects[0]], far[self.subjects[0]])
            steepness, secant = steepness.masked_fill(tied, 0.0), secant.masked_fill(crossed, 0.0)
        left = torch.cat([steepness, secant])
        allowed = (noise + more) / reach.detach()
        allowed = torch.cat([torch.zeros_like(allowed), allowed.masked_fill(~apart, 0.0)])
        if self.claimed.constant is None:
            usual = 1 + steepness.detach().nan_to_num(posinf=0.0).median()
            return Sides(left, torch.full_like(left, STEEP) * usual, "at_most", noise=allowed)
        right = torch.full_like(left, constant(self.claimed.constant, subject, data))
        return Sides(left, right, "at_most", noise=allowed)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return self.subjects


class Steepening(Slope):
    """The same without a constant: slopes that grow with the inputs show far out, whatever they are near 0."""

    scales: ClassVar[tuple[float, ...]] = (*Slope.scales, 1e6, 1e8)


def steepness(claim: Claim) -> list[Law]:
    """A constant that no slope passes, or that any is passed."""
    return [Steepening(claim) if claim.property.constant is None else Slope(claim)]  # type: ignore[attr-defined]


class Curvature(Law):
    """The Hessian stretches no direction by more than the constant."""

    claimed: Smooth
    detail = "the curvature along a direction, and the constant"
    scales: ClassVar[tuple[float, ...]] = (0.1, 1.0, 3.0, 10.0)

    def __init__(self, claim: Claim) -> None:
        super().__init__(claim)
        self.tight = 0.99 if claim.verdict == "holds" and claim.property.tight else None  # type: ignore[attr-defined]

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        return {**data, **{f"_{n}": normal(data[n], rng) for n in self.subjects}}

    def sides(self, subject: Subject, data: Data) -> Sides:
        held = {
            **data,
            **{n: data[n] if data[n].requires_grad else data[n].detach().requires_grad_() for n in self.subjects},
        }
        directions = flatten(subject, {n: data[f"_{n}"] for n in self.subjects}, self.subjects)
        length = torch.linalg.vector_norm(directions, dim=1, keepdim=True)
        gradients = subject.gradients(held, self.subjects, create_graph=True)
        along = (flatten(subject, gradients, self.subjects) * directions / length).sum()
        if not along.requires_grad:  # a constant gradient has no graph
            along = along + 0.0 * sum(held[n].sum() for n in self.subjects)
        products = torch.autograd.grad(
            along, [held[n] for n in self.subjects], create_graph=True, allow_unused=True, materialize_grads=True
        )
        stretched = flatten(subject, dict(zip(self.subjects, products, strict=True)), self.subjects)
        left = torch.linalg.vector_norm(stretched, dim=1)
        if self.claimed.constant is None:
            return Sides(left, torch.full_like(left, STEEP) * (1 + left.detach().median()), "at_most")
        return Sides(left, torch.full_like(left, constant(self.claimed.constant, subject, data)), "at_most")

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return (*self.subjects, *(f"_{n}" for n in self.subjects))
