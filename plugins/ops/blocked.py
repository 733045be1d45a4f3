"""Losses computed block by block: the gradient is made beside the value, so the whole is never held."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from losskit.plugins.ops.eager import in_place, times
from losskit.plugins.ops.precision import without_autocast

Gradients = list[Tensor | None]


class Blocked:
    """One value a row, in two forms that agree: all rows at once, and a sweep over blocks that makes the gradient too.

    Inputs are tensors; an optional one may be None. Neither form is called under autocast.
    """

    def plain(self, *inputs: Tensor | None) -> Tensor:
        """The value of each row by differentiable operations, shape (N,)."""
        raise NotImplementedError

    def sweep(
        self, cotangent: Tensor | None, wanted: Sequence[bool], *inputs: Tensor | None
    ) -> tuple[Tensor, Gradients]:
        """The value of each row and the gradient of their weighted sum.

        Args:
            cotangent: weight of each row in the sum, shape (N,) or () for all alike; None asks for values alone.
            wanted: for each input, whether its gradient is asked for.
            inputs: as for :meth:`plain`.

        Returns:
            The values, shape (N,), and a gradient for each input, None where none is wanted.
        """
        raise NotImplementedError

    def total(self, wanted: Sequence[bool], *inputs: Tensor | None) -> tuple[Tensor, Gradients]:
        """The sum of the values and its gradient, in one sweep."""
        values, gradients = self.sweep(torch.ones((), dtype=_dtype(inputs), device=_device(inputs)), wanted, *inputs)
        return values.sum(), gradients


def blocked_sum(loss: Blocked, *inputs: Tensor | None) -> Tensor:
    """The sum of the values. Its gradient is computed in the forward pass and scaled in the backward pass."""
    if not _needs_gradient(inputs):
        return blocked_values(loss, *inputs).sum()
    total: Tensor = _BlockedSum.apply(loss, *inputs)  # type: ignore[no-untyped-call]
    return total


def blocked_values(loss: Blocked, *inputs: Tensor | None) -> Tensor:
    """The value of each row, shape (N,). The backward pass sweeps a second time, since it learns the rows' weights late."""
    if not _needs_gradient(inputs):
        with without_autocast(_device(inputs)):
            return loss.sweep(None, [False] * len(inputs), *inputs)[0]
    values: Tensor = _BlockedValues.apply(loss, *inputs)  # type: ignore[no-untyped-call]
    return values


class _BlockedSum(torch.autograd.Function):
    """The sum; the gradient made in the forward pass is consumed by the first backward pass, later ones sweep again."""

    @staticmethod
    def forward(ctx: Any, loss: Blocked, *inputs: Tensor | None) -> Tensor:
        with without_autocast(_device(inputs)):
            total, gradients = loss.total(ctx.needs_input_grad[1:], *inputs)
        ctx.loss, ctx.gradients = loss, gradients
        ctx.save_for_backward(*inputs)
        return total

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:
        if torch.is_grad_enabled():
            return _pull_back(ctx, cotangent)
        made, ctx.gradients = ctx.gradients, None
        if made is None:  # the same sweep as in the forward pass, so the same bits
            inputs = ctx.saved_tensors
            with without_autocast(_device(inputs)):
                _, made = ctx.loss.total(ctx.needs_input_grad[1:], *inputs)
        return None, *(None if gradient is None else times(gradient, cotangent) for gradient in made)


class _BlockedValues(torch.autograd.Function):
    """The values, and a backward pass that sweeps again."""

    @staticmethod
    def forward(ctx: Any, loss: Blocked, *inputs: Tensor | None) -> Tensor:
        with without_autocast(_device(inputs)):
            values, _ = loss.sweep(None, [False] * len(inputs), *inputs)
        ctx.loss = loss
        ctx.save_for_backward(*inputs)
        return values

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:
        return _pull_back(ctx, cotangent)


def _pull_back(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:
    """The gradient of ``cotangent * values``, by sweeps unless it is to be differentiated or comes in a batch."""
    inputs, wanted = ctx.saved_tensors, ctx.needs_input_grad[1:]
    with without_autocast(_device(inputs)):
        if in_place(cotangent):
            return None, *ctx.loss.sweep(cotangent, wanted, *inputs)[1]
        with torch.enable_grad():
            values = ctx.loss.plain(*inputs)
            leaves = [x for x, is_wanted in zip(inputs, wanted, strict=True) if is_wanted]
            gradients = iter(torch.autograd.grad(values, leaves, cotangent.expand_as(values), create_graph=True))
    return None, *(next(gradients) if is_wanted else None for is_wanted in wanted)


def _needs_gradient(inputs: Sequence[Tensor | None]) -> bool:
    return torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in inputs)


def _device(inputs: Sequence[Tensor | None]) -> torch.device:
    return next(x.device for x in inputs if x is not None)


def _dtype(inputs: Sequence[Tensor | None]) -> torch.dtype:
    return next(x.dtype for x in inputs if x is not None)
