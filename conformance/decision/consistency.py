"""Consistency bounds: the excess of the 0-1 loss must not exceed gamma of the excess of this loss."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from losskit.conformance.decision.calibration import NEGLIGIBLE, VANISHING
from losskit.conformance.decision.distributions import distributions
from losskit.conformance.decision.ranking import Ranking
from losskit.conformance.decision.solver import lowered, solve
from losskit.conformance.decision.study import Seen, Task, judged, numbers, witness
from losskit.conformance.laws.relation import TENSORS
from losskit.spec.expressions import Expression, evaluate
from losskit.spec.properties import HConsistencyBound

LEAST = 0.03  # excess of the 0-1 loss: below it the other one, of the order of its square, loses its digits
RTOL = 1e-6  # of a bound
TIGHT = 0.99
CLIMBERS = 8
STRIDES = (0.03, 0.1, 0.3, 1.0, 3.0)


@dataclass
class Excesses:
    """Excesses where a wrong class ranks first: the worst rows of each label distribution, risks in units.

    Attributes:
        p: distributions, (problems, classes).
        top: the class that ranks first.
        zero_one: excess of the 0-1 loss.
        found: excess of this loss that a row reaches.
        most: what it may be at most, by the certificate of the least risk.
        least: what it may be at least, by that of the rows.
        rows: the rows.
        best: rows of least risk.
        value: the least risk.
    """

    p: Tensor
    top: Tensor
    zero_one: Tensor
    found: Tensor
    most: Tensor
    least: Tensor
    rows: Tensor
    best: Tensor
    value: Tensor


@judged
def consistency(task: Task) -> Seen:
    """Ascend on the quotient of both sides over label distributions, at the best rows of each wrong class."""
    p = _distributions(task)
    ranked = p.argsort(dim=1, descending=True)
    places = range(1, task.classes) if task.search.budget.every_rival else sorted({1, task.classes - 1})
    tops = torch.cat([ranked[:, place] for place in places])
    seen = _excesses(task, p.repeat(len(places), 1), tops)
    result = _judged(task, seen)
    for turn in range(task.search.budget.ascents):
        if result.witness is not None or -result.figure > 1 - RTOL:  # reached: nothing slopes upwards there
            break
        quotient = _sides(task, seen)[0] / _sides(task, seen)[1]
        chosen = quotient.nan_to_num(0.0, 0.0).topk(min(CLIMBERS, len(quotient))).indices
        seen = _climbed(task, seen, chosen, 1 / (1 + turn))
        result = _judged(task, seen).worse(result)
    given: HConsistencyBound = task.claim.property  # type: ignore[assignment]
    reached = -result.figure
    if task.claim.verdict == "holds" and given.tight and reached < TIGHT:
        told = f"the bound is loose: with {task.classes} classes {reached:.4g} of it was reached, a tight one needs {TIGHT}"
        result.loose = told
    return result


def _distributions(task: Task) -> Tensor:
    """Distributions at which bounds are reached: two classes alone, one class behind equal others; and any."""
    count, classes, device = task.search.budget.distributions, task.classes, task.search.device
    b = torch.linspace(0.05, 0.95, max(4, count // 4), dtype=torch.float64, device=device).unsqueeze(1)
    two = torch.cat([(1 + b) / 2, (1 - b) / 2, torch.zeros(len(b), classes - 2, dtype=b.dtype, device=device)], 1)
    behind = torch.cat([(1 + b / (classes - 1)) / classes] * (classes - 1) + [(1 - b) / classes], 1)
    return torch.cat([two, behind, distributions(classes, count, task.seed, device)])


def _excesses(task: Task, p: Tensor, top: Tensor) -> Excesses:
    zero_one = p.amax(1) - p.gather(1, top.unsqueeze(1)).squeeze(1)
    wrong = zero_one > LEAST
    p, top, zero_one = p[wrong], top[wrong], zero_one[wrong]
    each, own = p.unique(dim=0, return_inverse=True)  # several wrong classes share the least risk of their distribution
    ranking = Ranking.join([Ranking.free(each), Ranking.first(top, task.classes)])
    solved = solve(task.risk, torch.cat([each, p]), ranking, task.seed, task.search.budget.solver_steps)
    held, missing, rows = (part[len(each) :] for part in (solved.value, solved.slack, solved.rows))
    least = lowered(
        task.risk,
        each,
        solved[: len(each)],
        rows[_lowest(held, own, len(each))].unsqueeze(0),
        task.seed,
        task.search.budget.solver_steps,
    )
    free, doubt, best = least.value[own], least.slack[own], least.rows[own]
    free = torch.minimum(free, held)
    found = held - free
    return Excesses(p, top, zero_one, found, found + doubt, (found - missing).clamp(min=0.0), rows, best, free)


def _lowest(values: Tensor, own: Tensor, count: int) -> Tensor:
    """The place of the lowest value of each of so many groups, to which the values belong."""
    lowest = values.new_full((count,), torch.inf).scatter_reduce(0, own, values, "amin")
    found = (values == lowest[own]).nonzero().squeeze(1)
    return torch.zeros(count, dtype=torch.int64, device=own.device).scatter(0, own[found], found)


def _sides(task: Task, seen: Excesses, which: str = "found") -> tuple[Tensor, Tensor]:
    """Both sides of the bound, left at most right: in the 0-1 loss's unit, or in this loss's own for a transform.

    Where no bound is named, some must exist: excesses that are none next to the squared one of the 0-1 loss have none,
    and what may be as little as what calibrated losses never show (``least``) is left open.
    """
    given: HConsistencyBound = task.claim.property  # type: ignore[assignment]
    excess: Tensor = task.risk.unit * getattr(seen, which)
    if given.gamma is not None:
        return seen.zero_one, _value(task, given.gamma, excess)
    if given.transform is not None:
        return _value(task, given.transform, seen.zero_one), excess
    share = NEGLIGIBLE if which == "least" else VANISHING
    return share * task.risk.unit * seen.zero_one**2, excess


def _value(task: Task, expression: Expression, t: Tensor) -> Tensor:
    sizes = dict.fromkeys(task.risk.subject.spec.symbols(), task.classes)
    known = {**task.risk.subject.parameters, **sizes, "t": t}
    value: Tensor = evaluate(expression, known, TENSORS)
    return value


def _judged(task: Task, seen: Excesses) -> Seen:
    left, right = _sides(task, seen, "most")
    blind = left.isnan() | right.isnan()  # a bound outside its own domain says nothing
    surely = (left / right).nan_to_num(0.0)
    worst = int(surely.argmax())
    reached = float(surely[worst])
    words = f"{reached:.6g} of the bound reached at p = {numbers(seen.p[worst])}"
    if reached > 1 + RTOL:
        top, free = int(seen.top[worst]), float(seen.value[worst])
        rows = [
            (seen.rows[worst], free + float(seen.found[worst]), f"ranks class {top} first, or ties it"),
            (seen.best[worst], free, "of the least risk"),
        ]
        told = witness(
            task,
            seen.p[worst],
            rows,
            float(left[worst]),
            float(right[worst]),
            "the two sides of the bound, left <= right",
        )
        return Seen(len(left), -reached, words, told)
    lower = _sides(task, seen, "least")
    unclear = int((blind | ((lower[0] > (1 + RTOL) * lower[1]) & (left <= (1 + RTOL) * right))).sum())
    doubt = f"{unclear} of {len(left)} excesses are not known well enough; {words}" if unclear else ""
    return Seen(len(left), -reached, words, doubt=doubt)


def _climbed(task: Task, seen: Excesses, chosen: Tensor, stride: float) -> Excesses:
    """Distributions a step up from the chosen ones, along the slope of the quotient with the rows held (envelope)."""
    p, top = seen.p[chosen], seen.top[chosen]
    logs = p.log().requires_grad_()  # an impossible class stays impossible
    mixed = logs.softmax(1)
    with torch.no_grad():
        difference = task.risk.losses(seen.rows[chosen]) - task.risk.losses(seen.best[chosen])
    zero_one = mixed.amax(1) - mixed.gather(1, top.unsqueeze(1)).squeeze(1)
    excess = (mixed * difference.nan_to_num(0.0, 0.0, 0.0)).sum(1).clamp(min=1e-300)
    moved = Excesses(mixed, top, zero_one, excess, excess, excess, seen.rows, seen.best, seen.value)
    left, right = _sides(task, moved)
    (slope,) = torch.autograd.grad((left / right).sum(), logs)
    slope = slope.nan_to_num(0.0, 0.0, 0.0)
    slope = slope / slope.norm(dim=1, keepdim=True).clamp(min=1e-300)
    tried = [(logs.detach() + stride * far * slope).softmax(1) for far in STRIDES]
    return _excesses(task, torch.cat([p, *tried]), top.repeat(1 + len(STRIDES)))
