"""Calibration and Fisher consistency: rankings that are wrong must not reach the least risk."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from losskit.conformance.decision.distributions import LEAST_MARGIN, clear, distributions, margin, nearly_tied
from losskit.conformance.decision.problem import Solution
from losskit.conformance.decision.ranking import Ranking
from losskit.conformance.decision.solver import lowered, solve
from losskit.conformance.decision.study import Seen, Task, judged, numbers, witness
from losskit.conformance.laws.relation import TENSORS
from losskit.spec.expressions import evaluate
from losskit.spec.properties import FisherConsistent

NEGLIGIBLE = 1e-3  # of margin(p)^2, in units of the risk: calibrated losses of the catalogue keep more where solved
VANISHING = 1e-5  # of margin(p)^2: a smaller gap is none; in between nothing is said
TIED = 3  # where a witness is wanted, each third distribution comes nearly tied, too


@dataclass
class Decisions:
    """Label distributions, and how much speaks for each class there.

    Attributes:
        p: distributions, (problems, classes).
        votes: shares by which the target's best decision ranks the classes, of the same shape: p itself for the 0-1 loss.
        k: how many classes are chosen.
    """

    p: Tensor
    votes: Tensor
    k: int = 1

    @property
    def ranked(self) -> Tensor:
        """Classes from the one with most votes to the one with least."""
        return self.votes.argsort(dim=1, descending=True)

    @property
    def squared(self) -> Tensor:
        """Squared margins of the votes: gaps of risks go with them."""
        return margin(self.votes, self.k) ** 2


@judged
def calibration(task: Task) -> Seen | None:
    """The least gap between rows in which an unlikely class ties or beats one of the k likeliest, and all rows."""
    k = getattr(task.claim.property, "k", 1)
    if k >= task.classes:
        return None
    majority = getattr(task.claim.property, "distributions", "all") == "majority"
    p = _drawn(task, majority, k)
    return _gaps(task, Decisions(p, p, k))


@judged
def fisher_consistent(task: Task) -> Seen | None:
    """The least gap between rows in which another class ties or beats the one the target asks for, and all rows.

    Votes are drawn and label distributions follow, so that near-ties of the target are tried whatever its costs.
    """
    votes = _drawn(task)
    costs = _costs(task)
    if costs is None:
        return _gaps(task, Decisions(votes, votes))
    p = votes / costs
    return _gaps(task, Decisions(p / p.sum(1, keepdim=True), votes))


def _drawn(task: Task, majority: bool = False, k: int = 1) -> Tensor:
    count = task.search.budget.distributions
    p = clear(distributions(task.classes, count, task.seed, task.search.device, majority, k), k)
    if task.claim.verdict == "fails" and not majority:
        return torch.cat([p, nearly_tied(p[::TIED], task.seed, k)])
    return p


def _costs(task: Task) -> Tensor | None:
    """What an error on each class costs, (classes,); None where all cost the same."""
    given: FisherConsistent = task.claim.property  # type: ignore[assignment]
    if given.target == "zero_one":
        return None
    known: dict[str, object] = dict.fromkeys(task.risk.subject.spec.symbols(), task.classes)
    for name, value in task.risk.subject.parameters.items():
        number = isinstance(value, int | float | list | tuple)
        known[name] = torch.tensor(value, dtype=torch.float64, device=task.search.device) if number else value
    costs: Tensor = evaluate(given.costs, known, TENSORS)
    return costs.expand(task.classes)


def _gaps(task: Task, decisions: Decisions) -> Seen | None:
    """The least gap between the risks of rows that decide otherwise, and of all rows."""
    p, k, budget = decisions.p, decisions.k, task.search.budget
    if not len(p):
        return None
    ranked = decisions.ranked
    pairs = _pairs(k, task.classes, budget.every_rival)
    forced = [Ranking.pair(ranked[:, lower], ranked[:, upper], task.classes) for upper, lower in pairs]
    solved = solve(
        task.risk, p.repeat(len(pairs) + 1, 1), Ranking.join([Ranking.free(p), *forced]), task.seed, budget.solver_steps
    )
    value, slack = solved.value.view(-1, len(p)), solved.slack.view(-1, len(p))
    rows = solved.rows.view(-1, *p.shape)
    least_of_all = lowered(
        task.risk,
        p,
        Solution(value[0], slack[0], rows[0]),
        rivals(rows[1:], decisions, pairs),
        task.seed,
        budget.solver_steps,
    )
    value[0], slack[0], rows[0] = least_of_all.value, least_of_all.slack, least_of_all.rows
    free = value.amin(0)  # rows of a ranking are rows
    squared = decisions.squared
    least = ((value[1:] - slack[1:] - free) / squared).nan_to_num(-torch.inf)
    most = ((value[1:] - free + slack[0]) / squared).nan_to_num(torch.inf)
    if k == 1:
        most = _beaten(task, decisions, rows[0], value, most)
    return _seen(task, decisions, pairs, rows, value, least, most)


def _pairs(k: int, classes: int, every: bool) -> list[tuple[int, int]]:
    """Places in the order of p, one among the k likeliest and one behind: all, or the nearest and the farthest."""
    if every:
        return [(upper, lower) for upper in range(k) for lower in range(k, classes)]
    return sorted({(k - 1, k), (0, k), (k - 1, classes - 1)})


def rivals(rows: Tensor, decisions: Decisions, pairs: list[tuple[int, int]]) -> Tensor:
    """Rows that keep the wrong rankings (pairs, problems, classes), these with the scores of their pair exchanged, and sorted.

    A loss that is flat far out has a minimum for every set of classes it gives up; the right set is of the unlikeliest.
    """
    exchanged, ranked = rows.clone(), decisions.ranked
    for row, (upper, lower) in zip(exchanged, pairs, strict=True):
        both = ranked[:, [upper, lower]]
        row.scatter_(1, both, row.gather(1, both.flip(1)))
    order = decisions.p.argsort(dim=1, descending=True).expand_as(rows)
    likely_first = torch.zeros_like(rows).scatter(2, order, rows.sort(dim=2, descending=True).values)
    return torch.cat([rows, exchanged, likely_first])


def _beaten(task: Task, decisions: Decisions, best: Tensor, value: Tensor, most: Tensor) -> Tensor:
    """The largest gaps there may be, none where the rows of the right ranking all lie above one of the wrong.

    The infimum is then that of the wrong rankings, however little is known of it: a loss that jumps where the ranking
    changes may not attain it.

    Args:
        task: the setting.
        decisions: label distributions and the ranking that is right at each.
        best: the best rows found, (problems, classes).
        value: least risks of all rows, then of those of wrong rankings, (1 + pairs, problems).
        most: the largest gaps over squared margin by the certificates so far, (pairs, problems).
    """
    none = value[1:] - value.amin(0) < VANISHING * decisions.squared
    which = (none & (most >= VANISHING)).any(0).nonzero().squeeze(1)
    if not len(which):
        return most
    mode = decisions.ranked[which, 0]
    right = solve(
        task.risk, decisions.p[which], Ranking.first(mode, task.classes), task.seed, task.search.budget.solver_steps
    )
    least = right.value - right.slack
    least = torch.where(best[which].argmax(1) == mode, torch.minimum(least, value[0, which]), least)
    most = most.clone()
    most[:, which] = most[:, which].masked_fill(none[:, which] & (value[1:, which] < least), 0.0)
    return most


def _seen(
    task: Task,
    decisions: Decisions,
    pairs: list[tuple[int, int]],
    rows: Tensor,
    value: Tensor,
    least: Tensor,
    most: Tensor,
) -> Seen:
    p = decisions.p
    cases = value.numel()
    # next to a tie only a witness says something
    least = least.masked_fill(decisions.squared <= LEAST_MARGIN**2, torch.inf)
    place = least.flatten().argmin()
    broken, shown = most.flatten().min(0)
    where = int(shown if broken < VANISHING else place)
    pair, at = divmod(where, len(p))
    unit = task.risk.unit
    figure = unit * float((value[1 + pair, at] - value[:, at].amin()) / decisions.squared[at])
    reason = f"least gap over squared margin {figure:.3g}, at p = {numbers(p[at])}"
    if float(broken) < VANISHING:
        upper, lower = (int(decisions.ranked[at, place]) for place in pairs[pair])
        best = int(value[:, at].argmin())
        held, free = float(value[1 + pair, at]), float(value[best, at])
        ranked = (rows[1 + pair, at], held, f"class {lower} is not behind class {upper}")
        detail = f"the least risk of rows that rank class {lower} no lower than class {upper}, and the least risk"
        told = witness(
            task, p[at], [ranked, (rows[best, at], free, "the best row found")], unit * held, unit * free, detail
        )
        return Seen(cases, figure, reason, told)
    unclear = int(((least < NEGLIGIBLE) & (most >= VANISHING)).sum())
    doubt = f"{unclear} of {cases} gaps are too small to be told from 0; {reason}" if unclear else ""
    return Seen(cases, figure, reason, doubt=doubt)
