"""Damped Newton steps with the exact Hessian of many problems at once, and what they promise."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from losskit.conformance.decision.problem import Problem

CURVED = 1e-13  # of the problem's scale: an eigenvalue below it is none


def newton(problem: Problem, x: Tensor, value: Tensor, rounds: int) -> tuple[Tensor, Tensor, Tensor]:
    """Newton steps with the exact Hessian, damped until they descend.

    Returns:
        Points, values, and for each problem what the quadratic model promised before the last step, infinite where the
        point is no smooth minimum: at a kink the gradient stays, at a saddle or a ridge the curvature is negative.
    """
    index = torch.arange(len(x), device=x.device)
    decrement = torch.full_like(value, math.inf)
    for _ in range(rounds):
        step, decrement = _model(problem, x, index)
        for scale in (1.0, 0.1):
            tried = x - scale * step
            with torch.no_grad():
                found = problem(tried, index).nan_to_num(math.inf)
            better = found < value
            x, value = torch.where(better.unsqueeze(1), tried, x), torch.where(better, found, value)
    return x, value, decrement


def _model(problem: Problem, x: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
    """Newton step and decrement at points; no step and an infinite decrement where a loss has no second derivative."""
    try:
        slope, hessian = _second_order(problem, x, index)
    except RuntimeError as error:  # a loss that was written elsewhere may have operators without a second backward pass
        if not any(word in str(error) for word in ("is not implemented", "differentiate twice")):
            raise
        return torch.zeros_like(x), torch.full_like(x[:, 0], math.inf)
    bends, axes = torch.linalg.eigh(hessian)
    scale = 1 + bends.abs().amax(1, keepdim=True)
    part = (axes.mT @ slope.unsqueeze(2)).squeeze(2)
    floor = bends.abs().clamp(min=CURVED * scale)
    step = (axes @ (part / floor).unsqueeze(2)).squeeze(2)
    decrement = (part * part / floor).sum(1)
    ridge = bends.amin(1) < -1e-9 * scale.squeeze(1)
    return step, decrement.masked_fill(ridge, math.inf)


def _second_order(problem: Problem, x: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients (problems, n) and Hessians (problems, n, n), by one backward pass a column."""
    held = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(problem(held, index).sum(), held, create_graph=True)
    columns = [torch.zeros_like(x)] * x.shape[1]
    if slope.requires_grad:
        columns = [
            torch.autograd.grad(slope[:, k].sum(), held, retain_graph=True, allow_unused=True, materialize_grads=True)[
                0
            ]
            for k in range(x.shape[1])
        ]
    hessian = torch.stack([c.nan_to_num(0.0, 0.0, 0.0) for c in columns], 2)
    return slope.detach().nan_to_num(0.0, 0.0, 0.0), (hessian + hessian.mT) / 2
