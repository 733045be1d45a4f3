"""The law of copies: a batch in which every sample stands several times has the mean of the batch."""

from __future__ import annotations

import random

import torch

from losskit.conformance.laws.base import Law, Sides
from losskit.conformance.search.inputs import along_batch
from losskit.conformance.subject import Data, Subject
from losskit.spec.coupling import batch_symbol
from losskit.spec.properties import DuplicationInvariant


class Copies(Law):
    """The mean of every sample k times over equals the mean of the samples."""

    claimed: DuplicationInvariant
    detail = "the mean of the batch with every sample repeated, and of the batch"

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        return {**data, "_copies": rng.choice((2, 3))}

    def applies(self, subject: Subject, data: Data) -> str:
        spec = subject.spec
        whole = batch_symbol(spec).startswith("*")  # samples are the elements, unless an input is left out
        if whole and any(data.get(entry.name) is None for entry in spec.inputs):
            return "positions have a meaning of their own where an input is absent"
        return super().applies(subject, data)

    def sides(self, subject: Subject, data: Data) -> Sides:
        repeated = self._repeated(subject, data)
        after, before = (subject.call(batch, "mean").reshape(1) for batch in (repeated, data))
        noise = sum(subject.read(batch).noise.amax() for batch in (repeated, data))
        return Sides(after, before, noise=noise)

    @staticmethod
    def _repeated(subject: Subject, data: Data) -> Data:
        batch = batch_symbol(subject.spec)
        entry = next(i for i in subject.spec.inputs if batch in i.shape and data.get(i.name) is not None)
        rows = torch.arange(data[entry.name].shape[entry.shape.index(batch)], device=subject.device)
        return along_batch(subject, data, rows.repeat(data["_copies"]))
