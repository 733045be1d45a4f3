"""Means of the rows of each class."""

import torch
from torch import Tensor

from losskit.plugins.ops.precision import full_matmul


def class_means(x: Tensor, member: Tensor) -> Tensor:
    """Means of the rows of each class, (B, D) to (C, D); 0 for a class without rows.

    A product with the mask rather than an indexed sum: the same bits twice, on every device, and a graph has it.

    Args:
        x: rows.
        member: which class each row belongs to, boolean, shape (B, C).
    """
    counts = member.sum(dim=0).clamp(min=1).to(x.dtype)
    return full_matmul(member.to(x.dtype).transpose(0, 1), x) / counts.unsqueeze(1)


def each_once(member: Tensor) -> Tensor:
    """Whether every row belongs to one class and every class has a row, a boolean scalar."""
    return torch.logical_and(member.any(dim=1).all(), member.any(dim=0).all())
