"""Conditional risks of a loss of scores and class ids, for many rows and label distributions at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from losskit.conformance.subject import Subject


@dataclass
class Risk:
    """``C(z, p) = sum_y p_y l(z, y)`` of a classification loss.

    Attributes:
        subject: the loss.
        scores: its input of scores.
        target: its input of class ids.
    """

    subject: Subject
    scores: str
    target: str

    @classmethod
    def of(cls, subject: Subject) -> Risk | None:
        """The risk of a loss of scores and class ids; None for other losses."""
        target = subject.spec.class_target()
        classes = getattr(target.domain, "of", None) if target else None
        scores = [i for i in subject.spec.inputs if i.differentiable and i.shape[1:] == (classes,)]
        return cls(subject, scores[0].name, target.name) if target and len(scores) == 1 else None

    def losses(self, z: Tensor) -> Tensor:
        """The loss of each row (problems, classes) under each label, (problems, classes)."""
        problems, classes = z.shape
        labels = torch.arange(classes, device=z.device).repeat(problems)
        return self.subject.value({self.scores: z.repeat_interleave(classes, 0), self.target: labels}).view_as(z)

    def __call__(self, z: Tensor, p: Tensor) -> Tensor:
        """Risks of rows z under distributions p, both (problems, classes); an impossible label costs nothing."""
        values = self.losses(z)
        return torch.where(p == 0, torch.zeros_like(values), p * values).sum(1)
