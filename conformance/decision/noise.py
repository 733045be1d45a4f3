"""Tolerance of label noise: what is best without noise must be best with it."""

from __future__ import annotations

import torch
from torch import Tensor

from losskit.conformance.decision.calibration import NEGLIGIBLE, VANISHING
from losskit.conformance.decision.distributions import clear, distributions, margin
from losskit.conformance.decision.ranking import Ranking
from losskit.conformance.decision.solver import ROUNDING, lowered, solve
from losskit.conformance.decision.study import Seen, Task, judged, numbers, witness
from losskit.spec.expressions import evaluate
from losskit.spec.properties import NoiseTolerant

SHARES = (0.3, 0.6, 0.9)  # of the rate: noise tried where all rows compete; nearer to it gaps sink below float64
LEAST = 0.1  # margin of the distributions whose minimisers are compared
SCALES = (0.1, 1.0, 3.0, 10.0)  # of the rows compared in pairs
PAIRS = 40  # for each label distribution of the budget: a pair costs one evaluation


def flipped(p: Tensor, rate: Tensor) -> Tensor:
    """Label distributions under symmetric noise: (distributions, classes) and the rate of each, (distributions, 1)."""
    return (1 - rate) * p + rate * (1 - p) / (p.shape[1] - 1)


@judged
def noise_tolerant(task: Task) -> Seen | None:
    """Compare minimisers among all rows, or the order of any two rows, with and without noise."""
    given: NoiseTolerant = task.claim.property  # type: ignore[assignment]
    sizes = dict.fromkeys(task.risk.subject.spec.symbols(), task.classes)
    rate = float(evaluate(given.rate, {**task.risk.subject.parameters, **sizes}))
    return _pairs(task, rate) if given.rows == "any" else _minimisers(task, rate)


def _pairs(task: Task, rate: float) -> Seen:
    """Two rows whose order noise turns round."""
    p = distributions(task.classes, PAIRS * task.search.budget.distributions, task.seed, task.search.device)
    generator = torch.Generator().manual_seed(task.seed)
    draws = torch.randn((2, *p.shape), generator=generator, dtype=torch.float64)
    scale = torch.tensor(SCALES, dtype=torch.float64)[torch.randint(len(SCALES), (len(p), 1), generator=generator)]
    share = torch.rand((len(p), 1), generator=generator, dtype=torch.float64).sqrt()
    one, two = (scale * draws).to(p)
    noisy = flipped(p, rate * share.to(p))
    with torch.no_grad():
        first, second = task.risk.losses(one), task.risk.losses(two)
    before, after = (p * (first - second)).sum(1), (noisy * (first - second)).sum(1)
    noise = ROUNDING * (1 + first.abs().amax(1) + second.abs().amax(1))
    turned = torch.where(before * after < 0, torch.minimum(before.abs(), after.abs()), 0.0) / noise
    worst = int(turned.nan_to_num(0.0).argmax())
    reason = f"no two of {2 * len(p)} rows change their order"
    if not turned[worst] > 1:
        return Seen(len(p), 0.0, reason)
    better = "the first row is better without noise" if before[worst] < 0 else "the second row is better without noise"
    share_of_labels = float(rate * share[worst])
    rows = [
        (z[worst], float((p[worst] * v[worst]).sum()), w) for z, v, w in ((one, first, "one"), (two, second, "two"))
    ]
    reason = f"{better}, the other one with labels flipped at rate {share_of_labels:.3g}, at p = {numbers(p[worst])}"
    detail = "the difference of the two risks, without noise and with it"
    unit = task.risk.unit
    told = witness(task, p[worst], rows, unit * float(before[worst]), unit * float(after[worst]), detail)
    return Seen(len(p), -float(turned[worst]), reason, told)


def _minimisers(task: Task, rate: float) -> Seen | None:
    """Classes that rank first at the least risk, without noise and with it."""
    search = task.search
    p = clear(distributions(task.classes, search.budget.distributions, task.seed, search.device), least=LEAST)
    if not len(p):
        return None
    share = torch.tensor(SHARES, dtype=p.dtype, device=p.device)[torch.arange(len(p), device=p.device) % len(SHARES)]
    rates = rate * share.unsqueeze(1)
    noisy = flipped(p, rates)
    both = torch.cat([p, noisy])
    reached, missed, rows, value = _first(task, both)
    count = len(p)
    lost = (reached[:, :count] & missed[:, count:]) | (missed[:, :count] & reached[:, count:])
    cases = (task.classes + 1) * len(both)
    if lost.any():
        top, at = (int(i) for i in lost.nonzero()[0])
        side = at if reached[top, at] else at + count
        name = "without noise" if side == at else f"with labels flipped at rate {float(rates[at]):.3g}"
        reason = f"class {top} ranks first at the least risk {name} alone, at p = {numbers(p[at])}"
        best = float(value[:, side].amin())
        shown = [(rows[1 + top, side], float(value[1 + top, side]), f"ranks class {top} first, or ties it")]
        detail = "the least risk of rows that rank the class first, and the least risk"
        unit = task.risk.unit
        told = witness(task, both[side], shown, unit * float(value[1 + top, side]), unit * best, detail)
        return Seen(cases, -1.0, reason, told)
    unclear = int((~reached & ~missed).sum())
    doubt = f"{unclear} of {cases} gaps are too small to be told from 0" if unclear else ""
    return Seen(cases, 0.0, f"the same classes rank first at the least risk of {count} distributions", doubt=doubt)


def _first(task: Task, p: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Whether each class can rank first at the least risk and whether it cannot, (classes, distributions)."""
    tops = [torch.full((len(p),), k, device=p.device) for k in range(task.classes)]
    ranking = Ranking.join([Ranking.free(p), *(Ranking.first(top, task.classes) for top in tops)])
    solved = solve(task.risk, p.repeat(len(tops) + 1, 1), ranking, task.seed, task.search.budget.solver_steps)
    value, slack = solved.value.view(-1, len(p)), solved.slack.view(-1, len(p))
    rows = solved.rows.view(-1, *p.shape)
    steps = task.search.budget.solver_steps
    least = lowered(task.risk, p, solved[: len(p)], rows[1:], task.seed, steps)
    value[0], slack[0], rows[0] = least.value, least.slack, least.rows
    gap, squared = value[1:] - value.amin(0), margin(p) ** 2
    reached = gap + slack[0] < VANISHING * squared
    missed = gap - slack[1:] >= NEGLIGIBLE * squared
    return reached, missed, rows, value
