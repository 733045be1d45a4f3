"""Properness: the row that states the label distribution must reach the least risk, strictly: no other row may."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from losskit.conformance.decision.bfgs import minimise
from losskit.conformance.decision.distributions import distributions
from losskit.conformance.decision.problem import Solution
from losskit.conformance.decision.ranking import Ranking
from losskit.conformance.decision.solver import solve
from losskit.conformance.decision.study import Seen, Task, judged, numbers, witness
from losskit.spec.expressions import evaluate
from losskit.spec.properties import Proper, StrictlyProper

EXCESS = 1e-8  # of the risk and its unit: the row that states p may be worse than the best one by this much
APART = 1e-2  # distance from which another distribution counts as another one
FLAT = 1e-6  # excess over squared distance that is none, in units of the risk
CURVED = 1e-4  # excess over squared distance that leaves no doubt; between the two nothing is said
STARTS = 4


@dataclass
class Link:
    """What rows state, as a property of properness has it.

    Attributes:
        kind: ``softmax``, ``linear`` or ``identity``.
        scale: what scores are multiplied with.
    """

    kind: str
    scale: float

    @classmethod
    def of(cls, task: Task) -> Link:
        """The link of a claim at a setting."""
        given: Proper | StrictlyProper = task.claim.property  # type: ignore[assignment]
        sizes = dict.fromkeys(task.risk.subject.spec.symbols(), task.classes)
        return cls(given.link, float(evaluate(given.scale, {**task.risk.subject.parameters, **sizes})))

    def stating(self, p: Tensor) -> Tensor:
        """Rows that state distributions, both (problems, classes)."""
        if self.kind == "softmax":
            return p.clamp(min=1e-300).log() / self.scale
        if self.kind == "identity":
            return p / self.scale
        lead = (p[:, 1:] - p[:, :1]) / self.scale
        return torch.cat([-lead / 2, lead / 2], 1)

    def stated(self, z: Tensor) -> Tensor:
        """The distributions that rows state, both (problems, classes)."""
        if self.kind == "softmax":
            return (self.scale * z).softmax(1)
        if self.kind == "identity":
            return self.scale * z
        second = ((1 + self.scale * (z[:, 1:] - z[:, :1])) / 2).clamp(0, 1)
        return torch.cat([1 - second, second], 1)


@judged
def proper(task: Task) -> Seen | None:
    """The excess of the row that states p over the best row found."""
    return _properness(task) if _stated_at_all(task) else None


def _stated_at_all(task: Task) -> bool:
    return Link.of(task).kind != "linear" or task.classes == 2


def _properness(task: Task) -> Seen:
    p = distributions(task.classes, task.search.budget.distributions, task.seed, task.search.device)
    solved = solve(task.risk, p, Ranking.free(p), task.seed, task.search.budget.solver_steps)
    return _excess(task, p, solved)


def _excess(task: Task, p: Tensor, solved: Solution) -> Seen:
    link = Link.of(task)
    stating = link.stating(p)
    with torch.no_grad():
        own = task.risk(stating, p)
    allowed = EXCESS * (1 + own.abs().nan_to_num(0.0, 0.0))
    none = own.isnan()  # no number that could be compared: nothing is said of it
    excess = ((own - solved.value) / allowed).masked_fill(none, -math.inf).masked_fill(own == solved.value, 0.0)
    worst = int(excess.argmax())
    unit = task.risk.unit
    shown = unit * float(own[worst] - solved.value[worst])
    row = solved.rows[worst]
    reason = f"largest excess of the row that states p {shown:.3g}, at p = {numbers(p[worst])}"
    if excess[worst] > 1:  # the better row is at hand: its risk needs no certificate
        best = float(solved.value[worst])
        other = numbers(link.stated(row.unsqueeze(0))[0])
        rows = [(stating[worst], float(own[worst]), "states p"), (row, best, f"states {other}")]
        detail = "the risk of the row that states p, and the least risk found"
        told = witness(task, p[worst], rows, unit * float(own[worst]), unit * best, detail)
        return Seen(len(p), -shown, reason, told)
    unclear = int((none | (own - solved.value + solved.slack > allowed)).sum())
    doubt = f"the least risk of {unclear} of {len(p)} distributions is not known well enough" if unclear else ""
    return Seen(len(p), -shown, reason, doubt=doubt)


@judged
def strictly_proper(task: Task) -> Seen | None:
    """Properness, and the least excess over squared distance of rows that state another distribution."""
    if not _stated_at_all(task):
        return None
    seen = _properness(task)
    return seen if seen.witness is not None else _flatness(task).worse(seen)


def _flatness(task: Task) -> Seen:
    """Descend on the excess over squared distance from rows that state other distributions."""
    each = distributions(task.classes, task.search.budget.distributions, task.seed + 1, task.search.device)
    p = each.repeat(STARTS, 1)
    link = Link.of(task)
    first = _others(link, p, task.seed)
    stating = link.stating(p)
    with torch.no_grad():
        own = task.risk(stating, p)

    def quotient(z: Tensor, index: Tensor) -> Tensor:
        squared = (link.stated(z) - p[index]).square().sum(1)
        excess = (task.risk(z, p[index]) - own[index]) / squared.clamp(min=APART**2)
        return torch.where(squared < APART**2, torch.full_like(excess, math.inf), excess)

    rows, value = minimise(quotient, first, task.search.budget.solver_steps)
    worst = int(value.argmin())
    least, unit = float(value[worst]), task.risk.unit
    figure = unit * least
    reason = f"least excess over squared distance {figure:.3g}, at p = {numbers(p[worst])}"
    if least < FLAT:
        row, at = rows[worst], float(own[worst])
        other = float(task.risk(row.unsqueeze(0), p[worst : worst + 1]).detach())
        states = f"states {numbers(link.stated(row.unsqueeze(0))[0])}"
        shown = [(stating[worst], at, "states p"), (row, other, states)]
        detail = "the risk of the row that states p, and that of a row that states another distribution"
        return Seen(len(p), figure, reason, witness(task, p[worst], shown, unit * at, unit * other, detail))
    doubt = f"{reason}: too little to be told from none" if least < CURVED else ""
    return Seen(len(p), figure, reason, doubt=doubt)


def _others(link: Link, p: Tensor, seed: int) -> Tensor:
    """Rows that state other distributions than p: near it, far from it, and towards vertices."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(p.shape, generator=generator, dtype=torch.float64).to(p)
    quarter = torch.arange(len(p), device=p.device).remainder(2).unsqueeze(1).bool()
    mixed = torch.where(quarter, link.stating(0.8 * p + 0.2 * (3 * noise).softmax(1)), 3 * noise)
    distance = (link.stated(mixed) - p).norm(dim=1, keepdim=True)
    return torch.where(distance > 2 * APART, mixed, mixed - 3 * p)  # pushed off where chance came too close
