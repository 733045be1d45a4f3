"""When a backward pass written by hand may stand in for the framework's."""

import torch
from torch import Tensor

from losskit.plugins.checks import concrete


def own_backward(*inputs: Tensor | None) -> bool:
    """Whether it may stand here: eager mode, tensors of their own values, no forward-mode differentiation.

    A graph (compiled, traced, exported) and a ``torch.func`` transform are given operations that they can read.
    """
    if torch.autograd.forward_ad._current_level >= 0:
        return False
    return all(x is None or concrete(x) for x in inputs)


def times(fresh: Tensor, *factors: Tensor) -> Tensor:
    """The product, for backward passes: in place of the first, which nothing else may hold, unless it is differentiated."""
    for factor in factors:
        fresh = fresh * factor if torch.is_grad_enabled() else fresh.mul_(factor)
    return fresh


def over(fresh: Tensor, *divisors: Tensor) -> Tensor:
    """The quotient by each of them, as :func:`times` forms products."""
    for divisor in divisors:
        fresh = fresh / divisor if torch.is_grad_enabled() else fresh.div_(divisor)
    return fresh
