"""Risks of populations of scored points, for losses that a whole order is judged by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import torch
from torch import Tensor

from losskit.conformance.decision.risk import MEASURED, Risk, typical
from losskit.conformance.subject import Subject
from losskit.spec.tensors import Binary, Probability

POINTS = 4  # what disturbs the order of many points disturbs that of four
LENGTHS = tuple(2.0**power for power in range(-16, 9))  # a power of two changes no digit


@dataclass
class Population(Risk):
    """The mean of a binary loss over a population whose negatives are as likely at each point, and whose positives follow p.

    A row holds the scores of the points; the order of their likelihood ratios is that of p. The masses are sample weights:
    every point comes once as a positive and once as a negative.

    Attributes:
        length: what rows are multiplied with before the loss sees them: the size of scores that it tells apart.
    """

    reduction: ClassVar[str] = "mean"
    least: ClassVar[int] = POINTS
    missing: ClassVar[str] = "the loss is no function of scores, labels 0 and 1, and weights of these"
    length: float = 1.0

    @classmethod
    def of(cls, subject: Subject) -> Self | None:
        """The risk of a loss of scores with labels 0 and 1 that takes a weight a score; None for other losses."""
        spec = subject.spec
        scores = [spec.input(name) for name in spec.differentiable()]
        if len(scores) != 1 or scores[0] is None or spec.weights is None:
            return None
        weighed = spec.input(spec.weights)
        if (spec.output if weighed is None else weighed.shape) != scores[0].shape:
            return None
        alike = (entry for entry in spec.inputs if entry.shape == scores[0].shape and entry.role == "target")
        target = next((entry for entry in alike if isinstance(entry.domain, Binary | Probability)), None)
        return None if target is None else cls(subject, scores[0].name, target.name)

    def measured(self, classes: int) -> Self:
        """The same risk in units of how far it typically moves, of rows in the length that fits logarithms of p best."""
        generator = torch.Generator().manual_seed(classes)
        drawn = torch.randn((2, MEASURED, classes), generator=generator, dtype=torch.float64)
        rows, logs = drawn.to(self.subject.device)
        p = logs.softmax(1)
        with torch.no_grad():
            means = {length: float(replace(self, unit=1.0, length=length)(logs, p).mean()) for length in LENGTHS}
            length = min(LENGTHS, key=lambda one: means[one] if means[one] == means[one] else torch.inf)
            values = replace(self, unit=1.0, length=length)(rows, p)
        return replace(self, unit=typical(values), length=length)

    def __call__(self, z: Tensor, p: Tensor) -> Tensor:
        """Risks of scores z where positives follow p, (problems, points), in units."""
        module = self.subject.module(self.reduction)
        labels = torch.cat([torch.ones_like(p[0]), torch.zeros_like(p[0])])

        def mean(scores: Tensor, mass: Tensor) -> Tensor:
            weight = torch.cat([mass, torch.full_like(mass, 1 / len(mass))])
            value: Tensor = module(self.length * scores.repeat(2), labels, sample_weight=weight)
            return value

        return torch.func.vmap(mean)(z, p) / self.unit

    def given(self, row: Tensor) -> list[float]:
        """The scores of the points."""
        numbers: list[float] = (self.length * row).tolist()
        return numbers

    def program(self, row: Tensor) -> tuple[str, str]:
        """Python that gives the risk of a row where positives follow p: the scores, and the expression."""
        scores = f"z = torch.tensor({self.given(row)}, dtype=torch.float64)"
        weight = "torch.cat([p, torch.full_like(p, 1 / len(p))])"
        return scores, f"loss(z.repeat(2), torch.cat([p * 0 + 1, p * 0]), sample_weight={weight})"
