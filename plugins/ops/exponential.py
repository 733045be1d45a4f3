"""Exponentials and logarithms that keep their digits, in forms that exported graphs keep too."""

import torch
from torch import Tensor


def exp_minus_one(x: Tensor) -> Tensor:
    """``exp(x) - 1`` with full relative accuracy near 0.

    ``torch.expm1`` becomes ``Exp`` and ``Sub`` in ONNX and loses every digit near 0; ``tanh`` keeps them:
    ``exp(x) - 1 = tanh(x / 2) (exp(x) + 1)``.
    """
    small = x.abs() < 0.5
    near = torch.where(small, x, torch.zeros_like(x))  # the branch not taken must have a finite gradient, too
    return torch.where(small, torch.tanh(near / 2) * (near.exp() + 1), x.exp() - 1)
