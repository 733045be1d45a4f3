"""Least conditional risks of thousands of label distributions at once, each with a certificate of its accuracy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from losskit.conformance.decision.bfgs import UNBOUNDED, minimise
from losskit.conformance.decision.kinks import residual
from losskit.conformance.decision.newton import newton
from losskit.conformance.decision.problem import Problem, Solution
from losskit.conformance.decision.ranking import Ranking
from losskit.conformance.decision.risk import Risk

MULTIPLES = (0.03, 0.1, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
STEEPEST = 15.0  # spread of a start inside: further out bounded losses are flat to all digits and nothing leads back
VERTEX = 40.0  # exp(-40) is below the resolution of float64: a vertex of the simplex for every practical purpose
SCOUTING = 12  # steps every start gets before the best are followed to the end
KEPT = 2  # starts inside that are followed, so that they may agree; a face that lies lower must not crowd them out
ROUNDING = 64 * torch.finfo(torch.float64).eps
CLOSED = 1e-9  # a slack below it is tried as a tie
AGREED = 1e-10  # slack, relative to the value, that asks for no further work
CERTIFIED = 1e-11  # of the value: nothing is certified beyond it
FINISH = 6  # Newton steps of the second attempt
SAFETY = 4.0  # towards an infimum at infinity the quadratic model promises too little
NEAR = (0.01, 0.1, 1.0)  # distances of restarts: across kinks ends of the far ones stay apart
NEARER = (1e-4, 1e-3, 1e-2)  # of those that a certificate is wanted of, where several kinks meet
RAY = 1e4  # by which a point may be moved along its ray
RAY_ROUNDS = 14  # of grids along a ray, each four times as fine: to the last digits
COARSE = 5  # rounds of which one must show a way down, else the finer ones are left out


def solve(risk: Risk, p: Tensor, ranking: Ranking, seed: int, steps: int) -> Solution:
    """Least risks over rows that keep a ranking.

    Every start gets a few steps of BFGS, the two best of each problem are followed to the end, a damped Newton step
    with the exact Hessian finishes them. Infima at infinity are met by starts on the faces of the simplex.

    Args:
        risk: the loss.
        p: label distributions (problems, classes).
        ranking: of each problem.
        seed: of the random start.
        steps: of BFGS for each start that is followed.

    Returns:
        Values with a certificate: the Newton decrement where the end is a smooth minimum, else how far the two best
        ends are apart.
    """
    problem = Problem(risk, p, ranking)
    inside, faces = starts(problem, seed)
    x, value, slack = _on_ray(problem, *_attempt(problem, torch.stack(inside), torch.stack(faces), steps, 1))
    rough = (slack > AGREED * (1 + value.abs())).nonzero().squeeze(1)
    if len(rough):  # kinks, saddles and minima far away: once more from around the best row
        found = _again(problem[rough], x[rough], seed, steps)
        better = found[1] <= value[rough]
        x[rough] = torch.where(better.unsqueeze(1), found[0], x[rough])
        slack[rough] = found[2] + (found[1] - value[rough]).clamp(min=0.0)
        value[rough] = torch.minimum(found[1], value[rough])
    return _certified(problem, x, value, slack, seed)


def lowered(risk: Risk, p: Tensor, solved: Solution, rows: Tensor, seed: int, steps: int) -> Solution:
    """Least risks over all rows, sought once more from other rows where one of them lies lower than what was found.

    A certificate is of a minimum among the rows around it; a loss that is flat far out may have several.

    Args:
        risk: the loss.
        p: label distributions (problems, classes).
        solved: the free problems as solved.
        rows: other rows, (rows of a problem, problems, classes).
        seed: of what is drawn.
        steps: of BFGS for each start.
    """
    problem = Problem(risk, p, Ranking.free(p))
    value, best = _values(problem, rows).min(0)
    which = (value < solved.value - solved.slack).nonzero().squeeze(1)
    if not len(which):
        return solved
    start = rows[best, torch.arange(len(p), device=p.device)][which]
    found = _certified(problem[which], *_again(problem[which], start, seed, steps), seed)
    merged = Solution(solved.value.clone(), solved.slack.clone(), solved.rows.clone())
    merged.value[which], merged.slack[which], merged.rows[which] = found.value, found.slack, found.rows
    return merged


def sharpened(risk: Risk, p: Tensor, solved: Solution, seed: int, steps: int) -> Solution:
    """Least risks over all rows, from close around those whose certificate leaves room.

    Args:
        risk: the loss.
        p: label distributions (problems, classes).
        solved: the free problems as solved.
        seed: of what is drawn.
        steps: of BFGS for each start.
    """
    which = (solved.slack > AGREED * (1 + solved.value.abs())).nonzero().squeeze(1)
    if not len(which):
        return solved
    problem = Problem(risk, p[which], Ranking.free(p[which]))
    found = _certified(problem, *_again(problem, solved.rows[which], seed, steps, NEARER), seed)
    better = found.slack < solved.slack[which]  # the rows themselves are among the starts, so that no value is higher
    merged = Solution(solved.value.clone(), solved.slack.clone(), solved.rows.clone())
    chosen = which[better]
    merged.value[chosen], merged.slack[chosen] = found.value[better], found.slack[better]
    merged.rows[chosen] = found.rows[better]
    return merged


def _again(
    problem: Problem, x: Tensor, seed: int, steps: int, near: Sequence[float] = NEAR
) -> tuple[Tensor, Tensor, Tensor]:
    """Points, values and slacks from points and others near them."""
    around = torch.stack(_around(x, seed + 1, near))
    return _attempt(problem, around[1:], around[:1], steps, FINISH)


def _certified(problem: Problem, x: Tensor, value: Tensor, slack: Tensor, seed: int) -> Solution:
    """The solution at points whose slacks take kinks and rounding into account."""
    none = value <= UNBOUNDED
    slack = _at_kinks(problem, x, value, slack, seed + 2).maximum(CERTIFIED * (1 + value.abs()))
    slack = torch.where(none, 0.0, slack)
    return Solution(torch.where(none, -math.inf, value), slack, problem.ranking.rows(x))


def _at_kinks(problem: Problem, x: Tensor, value: Tensor, slack: Tensor, seed: int) -> Tensor:
    """Slacks, certified by the slopes around a point where neither decrement nor agreement did; free rows only.

    In the variables of a ranking slopes vanish at ties, whatever lies beyond.
    """
    rough = ((slack > AGREED * (1 + value.abs())) & ~problem.ranking.below.any(1)).nonzero().squeeze(1)
    if len(rough):
        length = residual(problem[rough], x[rough], seed)
        slack[rough] = torch.minimum(slack[rough], length * (1 + x[rough].norm(dim=1)))
    return slack


def _attempt(problem: Problem, inside: Tensor, faces: Tensor, steps: int, rounds: int) -> tuple[Tensor, Tensor, Tensor]:
    """Points, values and slacks from starts (starts, problems, classes) inside and on faces."""
    every = torch.arange(len(problem.p), device=inside.device)
    firsts = torch.cat([inside, faces])
    exact = _values(problem, firsts)  # a start may be the minimum itself, which steps across a kink never meet
    ends, values = _follow(problem, firsts, SCOUTING)
    best_inside = values[: len(inside)].argsort(dim=0, stable=True)[:KEPT]
    best_face = len(inside) + values[len(inside) :].argmin(0, keepdim=True)
    chosen = torch.cat([best_inside, best_face])
    ends[chosen, every], values[chosen, every] = _follow(problem, ends[chosen, every], steps)
    closed = torch.stack([problem.ranking.tied(x, CLOSED) for x in ends])
    candidates = torch.stack([ends, firsts, closed])
    found = torch.stack([values, exact, _values(problem, closed)])
    values, kind = found.min(0)
    values = values.masked_fill(_repeated(firsts), math.inf)  # a start that agrees with itself certifies nothing
    order = values.argsort(dim=0, stable=True)
    best = order[0]
    x, value, decrement = newton(problem, candidates[kind[best, every], best, every], values[best, every], rounds)
    apart = (values[order[1], every] - value).clamp(min=0.0)
    return x, value, torch.minimum(SAFETY * decrement, apart) + ROUNDING * (1 + value.abs())


def _on_ray(problem: Problem, x: Tensor, value: Tensor, slack: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Points moved along their rays to the least risk there; what that lowers has no certificate any more.

    Where a class is nearly sure, a flat piece holds descent up on its way to a kink, and two ends may agree by accident.
    """
    every = torch.arange(len(x), device=x.device)
    length, least = torch.ones_like(value), value
    for turn in range(RAY_ROUNDS):
        factors = length * torch.logspace(-1, 1, 9, RAY ** (0.25**turn), dtype=x.dtype, device=x.device).unsqueeze(1)
        found, place = _values(problem, factors.unsqueeze(2) * x).min(0)
        length = torch.where(found < least, factors[place, every], length)
        least = torch.minimum(found, least)
        lower = least < value - AGREED * (1 + value.abs())
        if turn + 1 == COARSE and not bool(lower.any()):
            break
    length = torch.where(lower, length, 1.0)
    return length.unsqueeze(1) * x, torch.where(lower, least, value), slack.masked_fill(lower, math.inf)


def _around(x: Tensor, seed: int, near: Sequence[float]) -> list[Tensor]:
    """The best point, and points near it."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn((len(near), *x.shape), generator=generator, dtype=torch.float64).to(x)
    return [x, *(x + distance * way for distance, way in zip(near, noise, strict=True))]


def starts(problem: Problem, seed: int) -> tuple[list[Tensor], list[Tensor]]:
    """Free variables to start from, inside and on faces of the simplex.

    Inside: the logarithm of p at its best multiple, a mild vertex, a random row. Faces, where bounded losses have their
    infima: the likeliest class alone, the class ranked above alone, both tied; and all equal, where hinges have theirs.
    """
    p, ranking = problem.p, problem.ranking
    logs = p.clamp(min=1e-9).log()
    logs = logs - logs.mean(1, keepdim=True)
    multiples = torch.tensor(MULTIPLES, dtype=p.dtype, device=p.device).unsqueeze(1)
    spread = (logs.amax(1) - logs.amin(1)).clamp(min=1e-9)
    within = torch.minimum(multiples, (STEEPEST / spread).clamp(max=MULTIPLES[-1]).unsqueeze(0))
    with torch.no_grad():
        trials = torch.stack([problem.risk(ranking.rows(ranking.variables(m.unsqueeze(1) * logs)), p) for m in within])
    scale = within.gather(0, trials.nan_to_num(math.inf).argmin(0, keepdim=True)).squeeze(0)
    likeliest = torch.nn.functional.one_hot(p.argmax(1), p.shape[1]).to(p)
    upper = torch.nn.functional.one_hot(ranking.top, p.shape[1]).to(p)
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(p.shape, generator=generator, dtype=torch.float64).to(p)
    inside = [scale.unsqueeze(1) * logs, likeliest, 2 * noise]
    faces = [torch.zeros_like(p), VERTEX * likeliest, VERTEX * upper, VERTEX * torch.maximum(likeliest, upper)]
    return [ranking.variables(z) for z in inside], [ranking.variables(z, 0.0) for z in faces]


def _repeated(points: Tensor) -> Tensor:
    """Which starts (starts, problems, classes) of a problem are one of those before them."""
    alike = (points.unsqueeze(0) == points.unsqueeze(1)).all(3)
    return alike.movedim(2, 0).tril(-1).any(2).T


def _values(problem: Problem, points: Tensor) -> Tensor:
    """Risks at points (starts, problems, classes) of the free variables."""
    index = torch.arange(len(problem.p), device=points.device).repeat(len(points))
    with torch.no_grad():
        found = problem(points.flatten(0, 1), index).view(len(points), -1)
    return found.nan_to_num(math.inf, math.inf)


def _follow(problem: Problem, points: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """BFGS from points (starts, problems, classes); ends and their values."""
    owner = torch.arange(len(problem.p), device=points.device).repeat(len(points))
    ends, values = minimise(lambda x, index: problem(x, owner[index]), points.flatten(0, 1), steps)
    return ends.view_as(points), values.view(len(points), -1)
