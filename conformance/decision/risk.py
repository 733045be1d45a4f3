"""Conditional risks of a loss of scores and labels, for many rows and label distributions at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import torch
from torch import Tensor

from losskit.conformance.subject import Subject
from losskit.spec.tensors import ClassIndex

MEASURED = 512  # rows a unit is taken from, standard normal
OFTEN = 0.75  # share of losses that lie nearer to the median than the unit


@dataclass
class Risk:
    """``C(z, p) = sum_y p_y l(z, y)`` of a classification loss.

    A loss of one score and a label 0 or 1 is taken for one of two classes: the row z has the score ``z_1 - z_0``, the
    softmax of z gives class 1 the sigmoid of it, and class 1 ranks first where it is positive. Where a sample has several
    positions, each with a row of scores and a label, it is taken at one position; ids that positions share are then all 0.

    Attributes:
        subject: the loss.
        scores: its input of scores.
        target: its input of labels.
        axis: shape symbol of the classes; empty for a loss of one score.
        positions: how many axes of positions lie between those of the samples and of the classes.
        shared: inputs, behind the labels, of ids that are only compared with each other, one a position.
        unit: what losses and risks are counted in, in the loss's own numbers.
    """

    reduction: ClassVar[str] = "none"  # of the module that a witness's program builds
    least: ClassVar[int] = 2  # classes where no axis is theirs
    missing: ClassVar[str] = "the loss is no function of one row of scores and a class id, nor of one score and a label"
    subject: Subject
    scores: str
    target: str
    axis: str = ""
    positions: int = 0
    shared: tuple[str, ...] = ()
    unit: float = 1.0

    @classmethod
    def of(cls, subject: Subject) -> Self | None:
        """The risk of a loss of scores and class ids, or of one score and a label; None for other losses."""
        spec = subject.spec
        binary, target = spec.binary_target(), spec.class_target()
        if binary is not None:
            return cls(subject, spec.differentiable()[0], binary.name)
        if target is None:
            return None
        axis = getattr(target.domain, "of", None)
        scores = [i for i in spec.inputs if i.differentiable and i.shape == (*target.shape, axis)]
        others = [i for i in spec.inputs if not i.optional and i is not target and i not in scores]
        if len(scores) != 1 or any(i.domain != ClassIndex() or i.shape != target.shape for i in others):
            return None
        shared = tuple(i.name for i in others)
        return cls(subject, scores[0].name, target.name, str(axis), len(target.shape) - 1, shared)

    def classes(self, sizes: Mapping[str, int]) -> int:
        """How many classes there are where the shape symbols have these sizes."""
        return sizes[self.axis] if self.axis else self.least

    def measured(self, classes: int) -> Self:
        """The same risk in units of how far the loss typically moves, so that its scale decides nothing.

        The unit is the distance from the median that a quarter of all losses exceed, over ordinary rows and every label, for
        hinges are flat over half of them; where they are flatter still it is the largest distance, and 1 where nothing
        differs. What is small next to it is small, whether the loss is near 1, 1e-6 or 1e6. A power of two changes no
        digit: steps that meet a kink exactly still do.
        """
        generator = torch.Generator().manual_seed(classes)
        rows = torch.randn((MEASURED, classes), generator=generator, dtype=torch.float64).to(self.subject.device)
        with torch.no_grad():
            values = replace(self, unit=1.0).losses(rows).flatten()
        return replace(self, unit=typical(values))

    def losses(self, z: Tensor) -> Tensor:
        """The loss of each row (problems, classes) under each label, (problems, classes), in units."""
        return self._given(z) / self.unit

    def _given(self, z: Tensor) -> Tensor:
        problems, classes = z.shape
        labels = torch.arange(classes, device=z.device).expand(problems, classes).flatten()
        rows = z.unsqueeze(1).expand(problems, classes, classes).flatten(0, 1)
        if self.axis:
            single = [1] * self.positions
            labels = labels.view(-1, *single)
            ids = dict.fromkeys(self.shared, torch.zeros_like(labels))
            at = {self.scores: rows.view(-1, *single, classes), self.target: labels, **ids}
            return self.subject.value(at).view_as(z)
        return self.subject.value({self.scores: rows[:, 1] - rows[:, 0], self.target: labels.to(z.dtype)}).view_as(z)

    def __call__(self, z: Tensor, p: Tensor) -> Tensor:
        """Risks of rows z under distributions p, (problems, classes), in units; an impossible label costs nothing."""
        values = self.losses(z)
        return torch.where(p == 0, torch.zeros_like(values), p * values).sum(1)

    def given(self, row: Tensor) -> list[float]:
        """The scores that stand for a row: the row itself, or the one score."""
        numbers: list[float] = row.tolist()
        return numbers if self.axis else [numbers[1] - numbers[0]]

    def program(self, row: Tensor) -> tuple[str, str]:
        """Python that gives the risk of a row under p: the scores, and the expression."""
        scores = f"torch.tensor([{self.given(row) if self.axis else self.given(row)[0]}], dtype=torch.float64)"
        if self.axis:
            single = "1, " * self.positions
            labels = f"torch.arange(len(p)).view(-1{', 1' * self.positions})" if single else "torch.arange(len(p))"
            ids = f", torch.zeros_like({labels})" * len(self.shared)
            return f"z = {scores}.repeat(len(p), {single}1)", f"(p * loss(z, {labels}{ids})).sum()"
        return f"x = {scores}.repeat(2)", "(p * loss(x, torch.tensor([0.0, 1.0], dtype=torch.float64))).sum()"


def typical(values: Tensor) -> float:
    """The power of two nearest to how far values typically lie from their median, 1 where nothing differs."""
    values = values[values.isfinite()]
    apart = (values - values.median()).abs() if len(values) else values.new_zeros(1)
    size = next((float(size) for size in (apart.quantile(OFTEN), apart.amax()) if size > 0), 1.0)
    return 2.0 ** round(math.log2(size))
