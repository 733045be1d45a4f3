"""BFGS for many small problems at once, one trial point of every problem a step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

Objective = Callable[[Tensor, Tensor], Tensor]  # points (problems, n), which problems they belong to -> values

DECREASE, FLATTENING = 1e-4, 0.9  # constants of the weak Wolfe conditions
TRIALS = 25  # of one line search; then the point is as good as float64 makes it
CHECKED = 8  # steps between two looks at which problems are done: each look waits for the device
STALLED = 1e-13  # of the value: less than this in two looks is no descent but rounding, or a kink under the point
PROMISED = 1e-16  # of the value: a step that promises less is none; an end at more is too steep for a certificate
UNSCALED = 1e-17  # the same before the first step, where the promise knows no curvature
STRETCH = 4.0  # a first line search knows no scale: its trials grow so fast, those of later ones twofold
UNBOUNDED = -1e12


@dataclass
class _State:
    """Where every problem stands: its index, point, value, slope, inverse Hessian, direction and line search."""

    index: Tensor
    x: Tensor
    value: Tensor
    slope: Tensor
    inverse: Tensor
    direction: Tensor
    step: Tensor
    low: Tensor
    high: Tensor
    trials: Tensor
    updates: Tensor
    done: Tensor

    def keep(self, which: Tensor) -> _State:
        return _State(**{f.name: getattr(self, f.name)[which] for f in fields(self)})


def value_and_slope(objective: Objective, x: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
    """Values (problems,) and gradients (problems, n); a slope that is not a number counts as none."""
    held = x.detach().requires_grad_()
    value = objective(held, index)
    (slope,) = torch.autograd.grad(value, held, torch.ones_like(value))
    return value.detach().nan_to_num(math.inf), slope.nan_to_num(0.0, 0.0, 0.0)


def minimise(objective: Objective, start: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Minimise every problem from its start by BFGS with a line search for the weak Wolfe conditions.

    With these conditions the method converges on functions with kinks too (Lewis and Overton 2013), which the hinge
    losses need. Points at which the objective is infinite are stepped back from.

    Args:
        objective: values of points, with the indices of the problems they belong to.
        start: (problems, n).
        steps: evaluations each problem gets at most.

    Returns:
        Points (problems, n) and values (problems,), never above the start's.
    """
    state = _begin(objective, start)
    x, value = start.detach().clone(), state.value.clone()
    earlier, last = torch.full_like(value, math.inf), value.clone()  # values two looks ago, and one
    for step in range(1, steps + 1):
        state = _advance(objective, state)
        if step % CHECKED == 0 or step == steps:
            x[state.index], value[state.index] = state.x, state.value
            state.done = state.done | (earlier - value <= STALLED * (1 + value.abs()))[state.index]
            earlier, last = last, value.clone()
            active = (~state.done).nonzero().squeeze(1)
            if len(active) == 0:
                break
            if len(active) < 0.7 * len(state.index):
                state = state.keep(active)
    return x, value


def _begin(objective: Objective, start: Tensor) -> _State:
    count, n = start.shape
    index = torch.arange(count, device=start.device)
    value, slope = value_and_slope(objective, start, index)
    zeros, whole = torch.zeros_like(value), torch.zeros_like(index)
    inverse = torch.eye(n, dtype=start.dtype, device=start.device).repeat(count, 1, 1)
    step = 1 / slope.norm(dim=1).clamp(min=1.0)
    state = _State(
        index, start.detach(), value, slope, inverse, -slope, step, zeros, zeros + math.inf, whole, whole, whole.bool()
    )
    state.done = _finished(state, UNSCALED)
    return state


def _finished(state: _State, promise: float = PROMISED) -> Tensor:
    promised = -(state.direction * state.slope).sum(1)
    return (promised <= promise * (1 + state.value.abs())) | (state.value < UNBOUNDED)


def _advance(objective: Objective, s: _State) -> _State:
    """Try one point of every problem; where it satisfies the conditions, move there."""
    along = (s.direction * s.slope).sum(1)
    x = s.x + s.step.unsqueeze(1) * s.direction
    value, slope = value_and_slope(objective, x, s.index)
    lower = value <= s.value + DECREASE * s.step * along
    flatter = (slope * s.direction).sum(1) >= FLATTENING * along
    spent = s.trials >= TRIALS
    accept = lower & (flatter | spent) & ~s.done
    low, high = torch.where(lower, s.step, s.low), torch.where(lower, s.high, s.step)
    further = torch.where(s.updates == 0, STRETCH, 2.0) * s.step
    step = torch.where(high == math.inf, further, (low + high) / 2)

    moved = accept.unsqueeze(1)
    inverse = _updated(s, accept, x - s.x, slope - s.slope)
    new_slope = torch.where(moved, slope, s.slope)
    direction = torch.where(moved, -(inverse @ new_slope.unsqueeze(2)).squeeze(2), s.direction)
    uphill = (direction * new_slope).sum(1, keepdim=True) >= 0  # rounding has spoilt the inverse Hessian
    direction = torch.where(moved & uphill, -new_slope, direction)
    after = _State(
        index=s.index,
        x=torch.where(moved, x, s.x),
        value=torch.where(accept, value, s.value),
        slope=new_slope,
        inverse=inverse,
        direction=direction,
        step=step.masked_fill(accept, 1.0),
        low=low.masked_fill(accept, 0.0),
        high=high.masked_fill(accept, math.inf),
        trials=(s.trials + 1).masked_fill(accept, 0),
        updates=s.updates + accept,
        done=s.done,
    )
    after.done = s.done | (spent & ~accept) | (accept & _finished(after))
    return after


def _updated(s: _State, accept: Tensor, moved: Tensor, bent: Tensor) -> Tensor:
    """Inverse Hessians after the accepted steps whose curvature is positive; the first one also sets the scale."""
    curvature = (moved * bent).sum(1)
    sound = accept & (curvature > 1e-14 * moved.norm(dim=1) * bent.norm(dim=1))
    safe = torch.where(sound, curvature, 1.0)
    scale = torch.where(sound & (s.updates == 0), safe / (bent * bent).sum(1).clamp(min=1e-300), 1.0)
    inverse = s.inverse * scale.view(-1, 1, 1)
    pushed = (inverse @ bent.unsqueeze(2)).squeeze(2)
    weight = (1 + (bent * pushed).sum(1) / safe) / safe
    # H - a m' - m a' + w m m' with a = H b / m'b, as two products of a column and a row; both vanish where nothing moves
    column = torch.where(sound.unsqueeze(1), moved, 0.0)
    share = torch.where(sound.unsqueeze(1), pushed / safe.unsqueeze(1), 0.0)
    rest = torch.where(sound.unsqueeze(1), weight.unsqueeze(1) * moved - share, 0.0)
    lowered = torch.baddbmm(inverse, share.unsqueeze(2), column.unsqueeze(1), alpha=-1)
    return lowered.baddbmm_(column.unsqueeze(2), rest.unsqueeze(1))
