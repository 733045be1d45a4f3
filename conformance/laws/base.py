"""What a law is: a pure function from a loss and data to the two sides of an equation or inequality."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from losskit.conformance.search.inputs import WIDE
from losskit.conformance.search.palette import STRUCTURED, between
from losskit.conformance.subject import Data, Subject
from losskit.spec import Claim, LossSpec
from losskit.spec.errors import InputError


@dataclass
class Sides:
    """Two sides for each case, and how finely they can be told apart.

    Attributes:
        left: shape (cases,) or several blocks of that length after one another.
        right: what it should equal (``equal``) or not exceed (``at_most``).
        relation: which of the two.
        noise: what rounding alone may account for, an absolute allowance.
        rtol: relative tolerance on top, of the larger side or of ``scale``.
        scale: the smallest magnitude that matters.
        reached: how much of a bound that must be tight each case reaches, 1 being all, NaN where there is nothing to
            reach; the quotient of the sides if left out.
    """

    left: Tensor
    right: Tensor
    relation: Literal["equal", "at_most"] = "equal"
    noise: Tensor | float = 0.0
    rtol: float = 1e-9
    scale: float = 1.0
    reached: Tensor | None = None

    def closeness(self) -> float | None:
        """How much of the bound the best case reaches; None where no case has anything to reach."""
        reached = (self.left / self.right if self.reached is None else self.reached).detach()
        reached = reached[~reached.isnan()]
        return float(reached.amax()) if len(reached) else None

    @cached_property
    def tolerance(self) -> Tensor:
        """Difference that still counts as agreement."""
        larger = torch.maximum(self.left.detach().abs(), self.right.detach().abs()).clamp(min=self.scale)
        return self.rtol * larger.nan_to_num(1.0, 1e300) + torch.as_tensor(self.noise).nan_to_num(0.0, 1e300)

    def excess(self) -> Tensor:
        """How far each case is from satisfying the law; differentiable, above 0 where it does not."""
        difference = self.left - self.right
        return difference.abs() if self.relation == "equal" else difference

    def signed(self) -> Tensor:
        """Violation in units of the tolerance, negative where an inequality holds with room; for ascent."""
        both = self.left == self.right  # equal infinities have no difference
        return (self.excess() / self.tolerance).masked_fill(both, 0.0)

    def blind(self) -> Tensor:
        """Cases of which a side is no number."""
        return (self.left.isnan() | self.right.isnan()).detach()

    def ratio(self) -> Tensor:
        """Violation in units of the tolerance: above 1 the law is broken, NaN counts as broken."""
        holds = self.left <= self.right if self.relation == "at_most" else self.left == self.right
        ratio = (self.excess() / self.tolerance).masked_fill(holds, 0.0)
        return torch.where(ratio.isnan(), torch.full_like(ratio, torch.inf), ratio).detach()


@dataclass
class Law(ABC):
    """A law with the arguments of the claim it stands for.

    Attributes:
        claim: what the spec says.
        claimed: the property it says that of.
        detail: what the two sides are, in words, for the witness.
        structured: share of rows made of a few telling numbers.
        moving: real tensors that ascent may move; inputs that are not differentiable stay.
        scales: at which scales inputs are drawn.
        finest: the smallest number but 0 that structured rows hold; slopes are not compared below what rounds a kink away.
        ends: prefixes of data that lie in the domains of inputs: none for the inputs, ``_`` for a second point of each.
        wants: what a loss must have for the law to concern it, in words; for a law without which nothing is left to ask.
        tight: fraction of the right side that some case must reach, None where the bound need not be tight.
    """

    claim: Claim
    detail = ""
    scales: ClassVar[tuple[float, ...]] = WIDE
    finest: ClassVar[float] = 0.0
    structured: ClassVar[float] = STRUCTURED
    ties: ClassVar[float] = 0.25
    ends: ClassVar[tuple[str, ...]] = ("",)
    wants: ClassVar[str] = ""
    claimed: Any = field(init=False)
    tight: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.claimed = self.claim.property

    @property
    def subjects(self) -> tuple[str, ...]:
        """Inputs the property speaks of."""
        return self.claim.property.subjects()

    @property
    def palette(self) -> tuple[float, ...]:
        """Numbers that structured rows are made of."""
        return between(self.finest, max(self.scales))

    def given(self, data: Data) -> Data:
        """The inputs without those the property leaves out, or that replace a parameter whose regime the claim names."""
        left_out = {*self.claimed.absent, *self.claim.when}
        return {name: value for name, value in data.items() if name not in left_out}

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        """Add what the law needs beside the inputs: shifts, factors, second points."""
        return data

    def applies(self, subject: Subject, data: Data) -> str:
        """Why the law says nothing about these inputs; empty where it does."""
        missing = [n for n in self.subjects if subject.spec.input(n) is not None and data.get(n) is None]
        if missing:
            return f"the optional input {missing[0]} is absent"
        replaced = [n for n in self.claim.when if data.get(n) is not None]
        return f"the regime is one of the parameter {replaced[0]}, which an input replaces" if replaced else ""

    def concerns(self, spec: LossSpec) -> bool:
        """Whether the law can be asked of a loss at all."""
        return True

    @abstractmethod
    def sides(self, subject: Subject, data: Data) -> Sides:
        """Both sides for each case."""

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        """Tensors that ascent may move."""
        return tuple(n for n in subject.spec.differentiable() if data.get(n) is not None)


def normal(like: Tensor, rng: random.Random, shape: tuple[int, ...] | None = None) -> Tensor:
    """Standard normal numbers of a shape, drawn from ``rng`` alone so that devices agree."""
    generator = torch.Generator().manual_seed(rng.getrandbits(62))
    size = tuple(like.shape) if shape is None else shape
    return torch.randn(size, generator=generator, dtype=torch.float64).to(like)


def uniform(like: Tensor, rng: random.Random, shape: tuple[int, ...], low: float, high: float) -> Tensor:
    """Uniform numbers of a shape, drawn from ``rng`` alone."""
    generator = torch.Generator().manual_seed(rng.getrandbits(62))
    return (low + (high - low) * torch.rand(shape, generator=generator, dtype=torch.float64)).to(like)


def beside(subject: Subject, inputs: tuple[str, ...], word: str) -> str:
    """Name for what a law adds: ``_word`` where each row has its own, ``__word`` where one serves all."""
    return f"__{word}" if any(subject.shares(n) for n in inputs if subject.spec.input(n) is not None) else f"_{word}"


def positions(subject: Subject, name: str, axis: str | None, data: Data) -> tuple[int, ...]:
    """Dimensions of an input that a shape symbol, ``all`` or ``last`` stands for."""
    tensor: Tensor = data[name]
    if axis == "all":
        return tuple(range(tensor.dim()))
    if axis == "last":
        return (tensor.dim() - 1,)
    if axis is None:
        return ()
    shape = subject.input(name).shape
    place = shape.index(axis)
    behind = any(s.startswith("*") for s in shape[:place])  # count from the end behind a variadic symbol
    return (place - len(shape) + tensor.dim() if behind else place,)


def span(subject: Subject, name: str, symbol: str, tensor: Tensor) -> tuple[int, int]:
    """The first dimension of an input that a variadic symbol stands for, and the one behind its last."""
    shape = subject.input(name).shape
    first = shape.index(symbol)
    return first, tensor.dim() - (len(shape) - first - 1)


def taken(subject: Subject, data: Data) -> bool:
    """Whether the loss takes the data."""
    try:
        with torch.no_grad():
            subject.call(data)
    except InputError:
        return False
    return True
