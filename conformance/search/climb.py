"""Gradient ascent on the violation itself, from the worst rows that chance found."""

from __future__ import annotations

import torch
from torch import Tensor

from losskit.conformance.laws.base import Law, Sides
from losskit.conformance.search.domains import project
from losskit.conformance.subject import Data, Subject

LARGEST = 1e5
LOOKS = 4  # steps from one look at whether a way leads up to the next: each waits for the device
ROUNDING = 1e-6  # of the tolerance: equal sides so far apart differ by rounding, whose slope leads nowhere


def climb(law: Law, subject: Subject, data: Data, steps: int) -> tuple[Data, Sides]:
    """Move the inputs uphill as long as a way leads up; return the best of every case on the way, with its two sides."""
    names = tuple(n for n in law.moving(subject, data) if torch.is_tensor(data[n]) and data[n].numel())
    best, now = dict(data), dict(data)
    height: Tensor | None = None
    cases = subject.cases(data)
    pace = {n: 0.1 * (data[n].detach().abs().mean() + 0.1) for n in names}
    for step in range(steps + 1 if names else 0):
        leaves = {n: now[n].detach().requires_grad_() for n in names}
        sides = law.sides(subject, {**now, **leaves})
        reached = heights(sides, cases)
        better = reached > height if height is not None else torch.ones_like(reached, dtype=torch.bool)
        height = reached if height is None else torch.where(better, reached, height)
        best.update({n: _choose(better, now[n], best[n]) for n in names})
        look = step % LOOKS == 0
        if step == steps or (look and _level(sides, height)):
            break
        try:
            gradients = torch.autograd.grad(
                _objective(sides), list(leaves.values()), allow_unused=True, materialize_grads=True
            )
        except RuntimeError:  # no second derivative through this loss: chance has to do
            break
        ways = [_direction(gradient) for gradient in gradients]
        if look and not any(bool(way.any()) for way in ways):
            break
        shrink = 1.0 - step / steps
        for name, way in zip(names, ways, strict=True):
            now[name] = (leaves[name] + shrink * pace[name] * way).detach().clamp(-LARGEST, LARGEST)
        now = project(subject, now, law.ends)
    return best, law.sides(subject, best)


def _level(sides: Sides, height: Tensor) -> bool:
    return sides.relation == "equal" and bool(height.amax() < ROUNDING)


def _objective(sides: Sides) -> Tensor:
    relative = sides.excess() / sides.tolerance.detach()
    return torch.where(relative.isfinite(), relative, torch.zeros_like(relative)).sum()


def heights(sides: Sides, cases: int) -> Tensor:
    """Signed violation of each case, the worst of its blocks; what is not a number is never preferred."""
    signed = sides.signed().detach()
    signed = signed.masked_fill(signed.isnan(), -torch.inf)
    return signed.view(-1, cases).amax(0) if len(signed) % cases == 0 else signed.amax().expand(cases)


def _direction(gradient: Tensor) -> Tensor:
    """The gradient, each row scaled to a largest entry of one."""
    gradient = gradient.nan_to_num(0.0, 0.0, 0.0)
    if gradient.dim() == 0:
        return gradient.sign()
    largest = gradient.reshape(gradient.shape[0], -1).abs().amax(1).clamp(min=1e-300)
    return gradient / largest.view(-1, *[1] * (gradient.dim() - 1))


def _choose(better: Tensor, new: Tensor, old: Tensor) -> Tensor:
    if new.dim() and new.shape[0] == len(better):
        return torch.where(better.view(-1, *[1] * (new.dim() - 1)), new, old)
    return new if bool(better.any()) else old
