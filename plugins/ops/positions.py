"""Positions of further axes as rows: how a loss of rows is taken at every pixel."""

import torch
from torch import Tensor, nn


def as_rows(tensor: Tensor, axes: int) -> Tensor:
    """Every position of the axes behind the first ``axes`` as a row.

    Args:
        tensor: shape (B, ...) with ``axes`` axes of a row and its batch, then axes of positions.
        axes: how many axes the loss of rows knows.

    Returns:
        Shape (B P, ...) with ``axes`` axes, where P is the number of positions; the tensor itself if there are no further axes.
    """
    if tensor.dim() == axes:
        return tensor
    behind = tensor.flatten(axes)
    return torch.movedim(behind, -1, 1).flatten(0, 1)


def as_positions(value: Tensor, like: Tensor, axes: int) -> Tensor:
    """The values of rows, shape (B P,), with the axes (B, ...) that the positions have in ``like``."""
    if value.dim() != 1:
        return value
    return value.reshape(like.shape[:1] + like.shape[axes:])


class Rows(nn.Module):
    """:func:`as_rows` as a module."""

    def __init__(self, axes: int) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, tensor: Tensor) -> Tensor:
        """Every position as a row."""
        return as_rows(tensor, self.axes)
