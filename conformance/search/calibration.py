"""The search for label distributions at which a loss is not classification calibrated."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from losskit.conformance.outcome import Result
from losskit.conformance.report import Witness
from losskit.conformance.search.attack import Search
from losskit.conformance.search.risk import Risk, descend, misranked, polish, starts
from losskit.spec import Claim

FINALISTS = 3  # problems a setting polishes to full accuracy
KEPT = 2  # starts that are followed to the end
NEGLIGIBLE = 1e-3  # of margin(p)^2: calibrated losses of the catalogue keep at least 1e-2 where solved


@dataclass
class Gap:
    """How much a wrong ranking costs at one label distribution.

    Attributes:
        p: the distribution.
        wrong: the class that is ranked first or ties.
        free: the least risk of all rows.
        forced: the least risk of rows that rank the wrong class first.
        row: scores that reach ``forced``.
    """

    p: Tensor
    wrong: int
    free: float
    forced: float
    row: list[float]

    @property
    def margin(self) -> float:
        """Distance of the two largest probabilities."""
        top = self.p.topk(2).values
        return float(top[0] - top[1])

    @property
    def figure(self) -> float:
        """The gap of the risks over the squared margin: bounded away from 0 for a calibrated loss."""
        return (self.forced - self.free) / self.margin**2

    @property
    def resolved(self) -> bool:
        """Whether a gap of the negligible size would still show in float64."""
        return NEGLIGIBLE * self.margin**2 > 1e-11 * max(1.0, abs(self.free))


def calibration(claim: Claim, search: Search) -> Result:
    """Look for distributions where some wrong ranking reaches the least risk."""
    target = search.spec.class_target()
    axis = getattr(target.domain, "of", None) if target else None
    if axis is None:
        return Result("not_applicable", reason="the loss is no function of one row of scores and a class id")
    cases = 0
    worst: dict[int, tuple[Gap, Risk]] = {}  # of each setting
    for number, subject, sizes in search.subjects(claim.when):
        found = worst.get(number)
        done = found is not None and found[0].figure < NEGLIGIBLE
        if done or not 1 < sizes[axis] <= search.budget.classes:
            continue
        risk = Risk.of(subject)
        if risk is None:
            return Result("not_applicable", reason="the loss is no function of one row of scores and a class id")
        gaps, tried = _gaps(claim, search, risk, sizes[axis], number)
        cases += tried
        for gap in gaps:
            if gap.resolved and (number not in worst or gap.figure < worst[number][0].figure):
                worst[number] = (gap, risk)
        if claim.verdict == "holds" and number in worst and worst[number][0].figure < NEGLIGIBLE:
            gap, risk = worst[number]
            return Result("refuted", cases, None, _reason(gap), _witness(search, risk, gap))
    return _verdict(claim, search, worst, cases)


def _verdict(claim: Claim, search: Search, worst: dict[int, tuple[Gap, Risk]], cases: int) -> Result:
    if not worst:
        reason = "every gap was below what float64 resolves" if cases else "no parameters satisfy the regime"
        return Result("undecided", cases, None, reason)
    if claim.verdict == "holds":
        return Result("held", cases, None, _reason(min((g for g, _ in worst.values()), key=lambda g: g.figure)))
    for gap, risk in worst.values():
        if gap.figure >= NEGLIGIBLE:
            told = ", ".join(f"{k}={v}" for k, v in risk.subject.parameters.items())
            return Result("unconfirmed", cases, None, f"no witness found at {told}; {_reason(gap)}")
    gap, risk = next(iter(worst.values()))
    return Result("confirmed", cases, None, _reason(gap), _witness(search, risk, gap))


def _reason(gap: Gap) -> str:
    return f"least gap over squared margin {gap.figure:.3g}, at p = ({', '.join(f'{x:.4g}' for x in gap.p.tolist())})"


def distributions(classes: int, count: int, only_majority: bool, generator: torch.Generator) -> Tensor:
    """Label distributions with a unique mode at a random class: spread, sparse, nearly uniform, nearly tied, dominated."""
    draws = []
    for concentration in (1.0, 0.3, 5.0):
        weights = torch.distributions.Gamma(concentration, 1.0).sample((count // 4 + 1, classes)).double()
        draws.append(weights / weights.sum(1, keepdim=True))
    flat = torch.full((count // 4 + 1, classes), 1.0 / classes, dtype=torch.float64)
    bump = 10 ** (-0.5 - 1.5 * torch.rand(len(flat), generator=generator, dtype=torch.float64))
    flat[:, 0] += bump / classes
    draws.append(flat / flat.sum(1, keepdim=True))
    p = torch.cat(draws)
    if only_majority:  # mix with a vertex until the mode has more than one half
        vertex = torch.nn.functional.one_hot(p.argmax(1), classes).double()
        share = 0.5 + 0.45 * torch.rand(len(p), 1, generator=generator, dtype=torch.float64)
        p = share * vertex + (1 - share) * p
    order = torch.rand(p.shape, generator=generator).argsort(1)
    p = p.gather(1, order)
    top = p.topk(2).values
    return p[top[:, 0] - top[:, 1] > 0.01][:count]


def _gaps(claim: Claim, search: Search, risk: Risk, classes: int, number: int) -> tuple[list[Gap], int]:
    """The smallest gaps at one setting and number of classes, polished, and how many problems were solved."""
    seed = search.rng("distributions", number, classes).getrandbits(31)
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):  # torch.distributions draws from the global generator
        torch.manual_seed(seed)
        majority = claim.property.distributions == "majority"  # type: ignore[attr-defined]
        p = distributions(classes, search.budget.distributions, majority, generator).to(search.device)
    steps = search.budget.solver_steps
    free, free_at = _best(risk, p, None, p.argmax(1), generator, steps)
    ranked = p.argsort(1, descending=True)
    rivals = sorted({1, classes - 1, *range(1, classes if search.budget.every_rival else 2)})
    tiled, wrong = p.repeat(len(rivals), 1), torch.cat([ranked[:, r] for r in rivals])
    forced, forced_at = _best(risk, tiled, wrong, wrong, generator, steps)
    margin = p.topk(2).values.diff(dim=1).abs().squeeze(1)
    figure = (forced - free.repeat(len(rivals))) / margin.repeat(len(rivals)) ** 2
    gaps = []
    for place in figure.argsort()[:FINALISTS].tolist():
        source = place % len(p)
        row = p[source : source + 1]
        least, _ = polish(risk, row, free_at[source], None)
        held, at = polish(risk, row, forced_at[place], int(wrong[place]))
        scores = misranked(torch.tensor(at, dtype=p.dtype).view(1, -1), wrong[place : place + 1].cpu())
        gaps.append(Gap(row[0].cpu(), int(wrong[place]), min(least, held), held, scores[0].tolist()))
    return gaps, len(p) + len(tiled)


def _best(
    risk: Risk, p: Tensor, wrong: Tensor | None, favoured: Tensor, generator: torch.Generator, steps: int
) -> tuple[Tensor, Tensor]:
    """Least risks over all starts; every start's own value counts, so that exact rows are never lost."""
    firsts = starts(risk, p, favoured, generator)
    if wrong is not None:  # the wrong class's entry is a gap above the others: start with a tie
        firsts = [first.scatter(1, wrong.unsqueeze(1), 0.0) for first in firsts]
        firsts[2] = firsts[2].scatter(1, wrong.unsqueeze(1), 40.0)
    first, places = _descend_all(risk, p, firsts, wrong, steps // 5)
    finalists = first.topk(min(KEPT, len(firsts)), dim=0, largest=False).indices
    rows = torch.arange(len(p), device=p.device)
    second, ends = _descend_all(risk, p, [places[f, rows] for f in finalists], wrong, steps)
    values, ends = torch.cat([first, second]), torch.cat([places, ends])
    return values.amin(0), ends[values.argmin(0), rows]


def _descend_all(
    risk: Risk, p: Tensor, firsts: list[Tensor], wrong: Tensor | None, steps: int
) -> tuple[Tensor, Tensor]:
    """Least risks (starts, problems) and the rows that reach them, (starts, problems, classes)."""
    held = None if wrong is None else wrong.repeat(len(firsts))
    values, places = descend(risk, p.repeat(len(firsts), 1), torch.cat(firsts), held, steps)
    return values.view(len(firsts), len(p)), places.view(len(firsts), len(p), -1)


def _witness(search: Search, risk: Risk, gap: Gap) -> Witness:
    subject = risk.subject
    probabilities, row = [round(x, 12) for x in gap.p.tolist()], [round(x, 12) for x in gap.row]
    given = ", ".join(f"{k}={v!r}" for k, v in subject.parameters.items())
    name = subject.spec.name
    code = "\n".join(
        [
            "import torch, losskit",
            f"loss = losskit.create({name!r}, reduction='none'{', ' + given if given else ''})",
            f"p = torch.tensor({probabilities}, dtype=torch.float64)",
            f"z = torch.tensor([{row}], dtype=torch.float64).repeat(len(p), 1)  # ranks class {gap.wrong} first or ties it",
            f"print((p * loss(z, torch.arange(len(p)))).sum())  # {gap.forced:.12g}; the least risk is {gap.free:.12g}",
        ]
    )
    return Witness(
        parameters={k: list(v) if isinstance(v, tuple) else v for k, v in subject.parameters.items()},
        inputs={"p": probabilities, risk.scores: [row]},
        left=gap.forced,
        right=gap.free,
        detail=f"the least risk of rows that rank class {gap.wrong} first, and the least risk",
        command=f"{search.command} --only ClassificationCalibrated",
        code=code,
    )
