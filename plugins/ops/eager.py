"""When a backward pass written by hand may stand in for the framework's."""

from collections.abc import Callable

import torch
from torch import Tensor

from losskit.plugins.checks import concrete
from losskit.plugins.ops.slopes import computing, traced

_Values = Tensor | tuple[Tensor, ...]


def own_backward(*inputs: Tensor | None) -> bool:
    """Whether it may stand here: eager mode, tensors of their own values, no forward-mode differentiation.

    A graph (compiled, traced, exported) and a ``torch.func`` transform are given operations that they can read, constants
    within a transform too.
    """
    if torch.autograd.forward_ad._current_level >= 0 or torch._C._functorch.peek_interpreter_stack() is not None:
        return False
    return all(x is None or concrete(x) for x in inputs)


def own_slope(*inputs: Tensor | None) -> bool:
    """Whether a :class:`~losskit.plugins.ops.slopes.OwnSlope` may be applied: there, and where a gradient graph is traced."""
    return traced() or own_backward(*inputs)


def differentiated(form: Callable[[Tensor], _Values], x: Tensor, *of_values: Tensor) -> Tensor:
    """The slope at ``x`` of a form spelled out in the framework's operations, itself differentiable.

    What a backward pass of its own falls back on for second derivatives and for gradients taken in a batch, so that
    the pass itself may work in place.

    Args:
        form: of ``x``, one tensor or several.
        x: as it was saved, an input of the forward pass.
        of_values: the slope of each of these tensors.
    """
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(form(x), x, of_values, create_graph=True)
    return slope


def in_place(*of_values: Tensor) -> bool:
    """Whether a backward pass may write into what it makes: nobody differentiates it, nor runs it on a batch of gradients."""
    if computing():
        return True
    if torch.is_grad_enabled():
        return False
    # a batch of gradients, is_grads_batched, comes as a tensor of the older kind of vmap
    return all(concrete(x) and not torch._C._functorch.is_legacy_batchedtensor(x) for x in of_values)


def times(fresh: Tensor, *factors: Tensor) -> Tensor:
    """The product, for backward passes: in place of the first, which nothing else may hold, where :func:`in_place`."""
    for factor in factors:
        fresh = fresh.mul_(factor) if in_place(fresh, factor) else fresh * factor
    return fresh


def over(fresh: Tensor, *divisors: Tensor) -> Tensor:
    """The quotient by each of them, as :func:`times` forms products."""
    for divisor in divisors:
        fresh = fresh.div_(divisor) if in_place(fresh, divisor) else fresh / divisor
    return fresh
