"""Calibration and Fisher consistency: rankings that are wrong must not reach the least risk."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from losskit.conformance.decision.distributions import LEAST_MARGIN, clear, distributions, margin, nearly_tied
from losskit.conformance.decision.population import Population
from losskit.conformance.decision.problem import Solution
from losskit.conformance.decision.ranking import Ranking
from losskit.conformance.decision.risk import Risk
from losskit.conformance.decision.solver import lowered, sharpened, solve
from losskit.conformance.decision.study import Seen, Task, judge, judged, numbers, witness
from losskit.conformance.laws.relation import TENSORS
from losskit.conformance.outcome import Result
from losskit.conformance.search.scope import Search
from losskit.spec import Claim
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
        ordered: whether the order of all classes counts, not who is chosen alone.
    """

    p: Tensor
    votes: Tensor
    k: int = 1
    ordered: bool = False

    @property
    def ranked(self) -> Tensor:
        """Classes from the one with most votes to the one with least."""
        return self.votes.argsort(dim=1, descending=True)

    def pairs(self, every: bool) -> list[tuple[int, int]]:
        """Places in the order of votes that must not be exchanged, the better one first: all that count, or the telling ones."""
        last = self.p.shape[1] - 1
        if self.ordered:
            return [(place, place + 1) for place in range(last)]
        if every:
            return [(upper, lower) for upper in range(self.k) for lower in range(self.k, last + 1)]
        return sorted({(self.k - 1, self.k), (0, self.k), (self.k - 1, last)})

    def squared(self, pairs: list[tuple[int, int]]) -> Tensor:
        """Squared margins of the votes, (pairs, problems): gaps of risks go with them."""
        if not self.ordered:
            return (margin(self.votes, self.k) ** 2).expand(len(pairs), -1)
        votes = self.votes.sort(dim=1, descending=True).values.T
        return torch.stack([(votes[upper] - votes[lower]) ** 2 for upper, lower in pairs])


@judged
def calibration(task: Task) -> Seen | None:
    """The least gap between rows in which an unlikely class ties or beats one of the k likeliest, and all rows."""
    k = getattr(task.claim.property, "k", 1)
    if k >= task.classes:
        return None
    majority = getattr(task.claim.property, "distributions", "all") == "majority"
    p = _drawn(task, majority, k)
    return _gaps(task, Decisions(p, p, k))


def fisher_consistent(claim: Claim, search: Search) -> Result:
    """Rows that decide otherwise than the target's best rule, or orders of points other than that of its curve."""
    of_points = claim.property.target == "auc"  # type: ignore[attr-defined]
    return judge(claim, search, *((_order, Population) if of_points else (_rule, Risk)))


def _order(task: Task) -> Seen | None:
    """The least gap between scores that do not tell two points apart as their likelihood ratios do, and all scores."""
    p = _drawn(task)
    return _gaps(task, Decisions(p, p, ordered=True))


def _rule(task: Task) -> Seen | None:
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
    p, budget = decisions.p, task.search.budget
    if not len(p):
        return None
    ranked = decisions.ranked
    pairs = decisions.pairs(budget.every_rival)
    forced = [Ranking.pair(ranked[:, lower], ranked[:, upper], task.classes) for upper, lower in pairs]
    every = Ranking.join([Ranking.free(p), *forced])
    solved = solve(task.risk, p.repeat(len(pairs) + 1, 1), every, task.seed, budget.solver_steps)
    value, slack = solved.value.view(-1, len(p)), solved.slack.view(-1, len(p))
    rows = solved.rows.view(-1, *p.shape)
    others = rivals(rows[1:], decisions, pairs)
    free = lowered(task.risk, p, Solution(value[0], slack[0], rows[0]), others, task.seed, budget.solver_steps)
    value[0], slack[0], rows[0] = free.value, free.slack, free.rows
    seen = _compared(task, decisions, pairs, value, slack, rows)
    if seen.witness is None and task.claim.verdict == "fails":
        free = sharpened(task.risk, p, free, task.seed, budget.solver_steps)
        value[0], slack[0], rows[0] = free.value, free.slack, free.rows
        _close(task, decisions, pairs, value, rows)
        seen = _compared(task, decisions, pairs, value, slack, rows)
    return seen


def _compared(
    task: Task, decisions: Decisions, pairs: list[tuple[int, int]], value: Tensor, slack: Tensor, rows: Tensor
) -> Seen:
    """Least risks of all rows, then of those of wrong rankings, (1 + pairs, problems), next to each other."""
    free = value.amin(0)  # rows of a ranking are rows
    squared = decisions.squared(pairs)
    least = ((value[1:] - slack[1:] - free) / squared).nan_to_num(-torch.inf)
    most = ((value[1:] - free + slack[0]) / squared).nan_to_num(torch.inf)
    if decisions.k == 1 and not decisions.ordered:
        most = _beaten(task, decisions, rows[0], value, squared, most)
    return _seen(task, decisions, pairs, rows, value, least, most)


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


def _close(task: Task, decisions: Decisions, pairs: list[tuple[int, int]], value: Tensor, rows: Tensor) -> None:
    """Put the best row of all, its pair tied, in the place of rows of wrong rankings that lie higher.

    Where a loss is flat the best row nearly ties what a witness ties, and descent under a ranking ends less precisely.
    """
    best, ranked = rows[0].clone(), decisions.ranked
    for place, pair in enumerate(pairs, start=1):
        both = ranked[:, pair]
        for side in range(2):
            tied = best.scatter(1, both, best.gather(1, both[:, [side]]).expand(-1, 2))
            with torch.no_grad():
                risk = task.risk(tied, decisions.p).nan_to_num(torch.inf, torch.inf)
            lower = risk < value[place]
            value[place], rows[place] = (
                torch.where(lower, risk, value[place]),
                torch.where(lower.unsqueeze(1), tied, rows[place]),
            )


def _beaten(task: Task, decisions: Decisions, best: Tensor, value: Tensor, squared: Tensor, most: Tensor) -> Tensor:
    """The largest gaps there may be, none where the rows of the right ranking all lie above one of the wrong.

    The infimum is then that of the wrong rankings, however little is known of it: a loss that jumps where the ranking
    changes may not attain it.

    Args:
        task: the setting.
        decisions: label distributions and the ranking that is right at each.
        best: the best rows found, (problems, classes).
        value: least risks of all rows, then of those of wrong rankings, (1 + pairs, problems).
        squared: margins of the pairs, (pairs, problems).
        most: the largest gaps over squared margin by the certificates so far, (pairs, problems).
    """
    none = value[1:] - value.amin(0) < VANISHING * squared
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
    p, squared = decisions.p, decisions.squared(pairs)
    cases = value.numel()
    # next to a tie only a witness says something
    least = least.masked_fill(squared <= LEAST_MARGIN**2, torch.inf)
    place = least.flatten().argmin()
    broken, shown = most.flatten().min(0)
    where = int(shown if broken < VANISHING else place)
    pair, at = divmod(where, len(p))
    unit = task.risk.unit
    figure = unit * float((value[1 + pair, at] - value[:, at].amin()) / squared[pair, at])
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
