"""The law of consistent losses: on average over the outcome the functional is the best prediction, and the only one."""

from __future__ import annotations

import random
from typing import ClassVar

import torch
from torch import Tensor

from losskit.conformance.laws.analytic import constant
from losskit.conformance.laws.base import Law, Sides, normal, uniform
from losskit.conformance.search.inputs import MILD
from losskit.conformance.subject import Data, Subject
from losskit.spec import LossSpec
from losskit.spec.properties import Elicits

ATOMS = 5  # outcomes a law has
FLAT = 1e-9  # a gap below this share of the squared distance is none


class Best(Law):
    """The expected loss at the functional stays below the one elsewhere, by a tiny share of the squared distance."""

    claimed: Elicits
    detail = "the least gap that counts, and the expected loss elsewhere less the one at the functional"
    scales: ClassVar[tuple[float, ...]] = MILD
    ends: ClassVar[tuple[str, ...]] = ("", "_")
    wants: ClassVar[str] = "a prediction and an outcome of one shape"

    def concerns(self, spec: LossSpec) -> bool:
        prediction, outcome = (spec.input(name) for name in self.subjects)
        return prediction is not None and outcome is not None and prediction.shape == outcome.shape

    def prepare(self, subject: Subject, data: Data, rng: random.Random) -> Data:
        outcome: Tensor = data[self.claimed.of]
        spread = 10 ** uniform(outcome, rng, (outcome.shape[0], *[1] * outcome.dim()), -1, 1.5)
        apart = spread * normal(outcome, rng, (*outcome.shape, ATOMS))
        weights = uniform(outcome, rng, (outcome.shape[0], ATOMS), 0.02, 1) ** 2
        drawn = {**data, self._atoms: outcome.unsqueeze(-1) + apart, "_weights": weights / weights.sum(1, keepdim=True)}
        best = self._functional(subject, drawn)
        near = best + normal(best, rng) * 10 ** rng.uniform(-3, 0)
        chosen = uniform(best, rng, (len(best), *[1] * (best.dim() - 1)), 0, 1) < 0.5
        return {**drawn, self.claimed.on: torch.where(chosen, near, data[self.claimed.on])}

    @property
    def _atoms(self) -> str:
        return f"_{self.claimed.of}"

    def _functional(self, subject: Subject, data: Data) -> Tensor:
        """The functional of the law, entry by entry, in the shape of the prediction."""
        atoms: Tensor = data[self._atoms]
        weights = self._weights(data).expand(atoms.shape)
        if self.claimed.functional == "mean":
            return (weights * atoms).sum(-1)
        ordered, order = atoms.sort(-1)
        reached = weights.gather(-1, order).cumsum(-1) >= constant(self.claimed.level, subject, data)
        first = torch.where(reached, 0, 1).sum(-1, keepdim=True).clamp(max=ATOMS - 1)
        return ordered.gather(-1, first).squeeze(-1)

    def _weights(self, data: Data) -> Tensor:
        weights: Tensor = data["_weights"]
        return weights.view(len(weights), *[1] * (data[self._atoms].dim() - 2), ATOMS)

    def _risk(self, subject: Subject, data: Data, prediction: Tensor) -> tuple[Tensor, Tensor]:
        """The expected loss of a prediction, and what rounding may do to it."""
        risk, noise = torch.zeros((), device=subject.device), torch.zeros((), device=subject.device)
        weights: Tensor = data["_weights"]
        for atom, weight in zip(data[self._atoms].unbind(-1), weights.unbind(1), strict=True):
            at = {**data, self.claimed.on: prediction, self.claimed.of: atom}
            found = subject.read(at, self.subjects)
            own = 16 * torch.finfo(subject.dtype).eps * found.value.detach().abs()
            risk, noise = risk + weight * found.value, noise + weight * (found.noise + own)
        return risk, noise

    def sides(self, subject: Subject, data: Data) -> Sides:
        best, elsewhere = self._functional(subject, data), data[self.claimed.on]
        (least, one), (risk, other) = (self._risk(subject, data, place) for place in (best, elsewhere))
        distance = (elsewhere - best).square().reshape(len(best), -1).mean(1)
        return Sides(FLAT * distance, risk - least, "at_most", noise=one + other, scale=0.0)

    def moving(self, subject: Subject, data: Data) -> tuple[str, ...]:
        return (self.claimed.on, self._atoms)
