"""The law of losses that feel the margin alone."""

from __future__ import annotations

import random

import torch
from torch import Tensor

from losskit.conformance.laws.base import normal
from losskit.conformance.laws.invariance import Transformed, scores_of
from losskit.conformance.subject import Data, Subject
from losskit.spec import LossSpec


class Rivals(Transformed):
    """The classes behind the best wrong one are moved, all scores are shifted, and the value stays."""

    detail = "the value of another row with the same margin, and of the row"

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        scores = data[scores_of(subject)]
        shift = normal(scores, rng, (len(scores), 1))
        return {**data, "_behind": 3 * normal(scores, rng).abs(), "_shift": shift}

    def concerns(self, spec: LossSpec) -> bool:
        return spec.binary_target() is None

    def transform(self, subject: Subject, data: Data) -> tuple[Subject, Data]:
        name, target = scores_of(subject), subject.spec.class_target()
        assert target is not None
        scores: Tensor = data[name]
        label = data[target.name].unsqueeze(-1) == torch.arange(scores.shape[-1], device=scores.device)
        rivals = scores.masked_fill(label, -torch.inf)
        best, first = rivals.max(-1, keepdim=True)
        kept = label.scatter(-1, first, True)
        moved = torch.where(kept, scores, best - data["_behind"]) + data["_shift"]
        return subject, {**data, name: moved}
