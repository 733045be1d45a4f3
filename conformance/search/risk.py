"""Conditional risks: their free minima and their minima over rows that rank a wrong class first, in batch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from losskit.conformance.subject import Subject

MULTIPLES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
VERTEX = 40.0  # exp(-40) is below the resolution of float64: a vertex of the simplex for every practical purpose


@dataclass
class Risk:
    """``C(z, p) = sum_y p_y l(z, y)`` of a classification loss, for many z and p at once."""

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

    def __call__(self, z: Tensor, p: Tensor) -> Tensor:
        """Risks of rows z under distributions p, both (problems, classes)."""
        problems, classes = z.shape
        rows = z.repeat_interleave(classes, 0)
        labels = torch.arange(classes, device=z.device).repeat(problems)
        values = self.subject.value({self.scores: rows, self.target: labels}).view(problems, classes)
        return torch.where(p == 0, torch.zeros_like(values), p * values).sum(1)


def misranked(v: Tensor, wrong: Tensor) -> Tensor:
    """Rows in which a wrong class is first or ties for it: its entry becomes the maximum of the others plus a gap.

    Args:
        v: free variables (problems, classes); the entry at the wrong class is the gap, taken as 0 where negative.
        wrong: the wrong class of each problem.
    """
    mask = torch.nn.functional.one_hot(wrong, v.shape[1]).bool()
    others = v.masked_fill(mask, -math.inf).amax(1, keepdim=True)
    gap = v.gather(1, wrong.unsqueeze(1)).clamp(min=0.0)
    return torch.where(mask, others + gap, v)


def starts(risk: Risk, p: Tensor, favoured: Tensor, generator: torch.Generator) -> list[Tensor]:
    """Starting rows: all equal, the logarithm of p at its best multiple, a vertex, a mild vertex, random ones."""
    logs = p.clamp(min=1e-6).log()
    logs = logs - logs.mean(1, keepdim=True)
    with torch.no_grad():
        trials = torch.stack([risk(multiple * logs, p) for multiple in MULTIPLES])
    multiple = torch.tensor(MULTIPLES, dtype=p.dtype, device=p.device)[trials.argmin(0)].unsqueeze(1)
    vertex = torch.nn.functional.one_hot(favoured, p.shape[1]).to(p)
    noise = torch.randn(p.shape, generator=generator, dtype=torch.float64).to(p)
    return [torch.zeros_like(p), multiple * logs, VERTEX * vertex, vertex, 2 * noise]


def descend(risk: Risk, p: Tensor, first: Tensor, wrong: Tensor | None, steps: int) -> tuple[Tensor, Tensor]:
    """Minimise each problem's risk from its start by Adam; return the best value and variables met on the way."""
    variables = first.clone().requires_grad_()
    best = torch.full_like(p[:, 0], torch.inf)
    where = first.clone()
    pace = 0.03 * (1 + first.abs().amax(1, keepdim=True))
    mean, square = torch.zeros_like(first), torch.zeros_like(first)
    for step in range(1, steps + 1):
        z = variables if wrong is None else misranked(variables, wrong)
        value = risk(z, p)
        (gradient,) = torch.autograd.grad(value.sum(), variables)
        better = value.detach() < best
        best = torch.where(better, value.detach(), best)
        where = torch.where(better.unsqueeze(1), variables.detach(), where)
        gradient = gradient.nan_to_num(0.0, 0.0, 0.0)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient**2
        move = (mean / (1 - 0.9**step)) / ((square / (1 - 0.99**step)).sqrt() + 1e-12)
        rate = 0.5 * (1 + math.cos(math.pi * step / steps)) + 1e-4
        moved = (variables - rate * pace * move).detach()
        if wrong is not None:  # the gap stays admissible
            gap = moved.gather(1, wrong.unsqueeze(1)).clamp(min=0.0)
            moved = moved.scatter(1, wrong.unsqueeze(1), gap)
        variables = moved.requires_grad_()
    return best, where


def polish(risk: Risk, p: Tensor, first: Tensor, wrong: int | None) -> tuple[float, np.ndarray]:
    """Minimise one problem to the accuracy of float64 by L-BFGS-B; the start's value where that does not improve."""
    classes = p.shape[1]
    index = None if wrong is None else torch.tensor([wrong], device=p.device)

    def value_and_slope(x: np.ndarray) -> tuple[float, np.ndarray]:
        v = torch.tensor(x, dtype=p.dtype, device=p.device).view(1, -1).requires_grad_()
        value = risk(v if index is None else misranked(v, index), p).sum()
        (slope,) = torch.autograd.grad(value, v)
        return float(value.detach()), slope.nan_to_num().view(-1).cpu().numpy()

    bounds = [(0.0 if k == wrong else None, None) for k in range(classes)]
    origin = first.detach().cpu().numpy().reshape(-1)
    options = {"ftol": 1e-16, "gtol": 1e-11, "maxiter": 500}
    found = minimize(value_and_slope, origin, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    at_start = value_and_slope(origin)[0]
    return (float(found.fun), np.asarray(found.x)) if found.fun < at_start else (at_start, origin)
