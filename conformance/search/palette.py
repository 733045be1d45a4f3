"""Numbers at which formulas go wrong: entries of structured rows, of which the small set makes ties frequent."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

PALETTE = (0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0, 1e-30, -1e-8, 30.0, -40.0, 100.0, 1e4, -1e4)
STRUCTURED = 1 / 8  # of the rows of a batch
SHARES = (0.0, 1.0, 0.5, 0.25, 1e-9)


def between(least: float, most: float) -> tuple[float, ...]:
    """0, and what the palette has so far from it."""
    return tuple(number for number in PALETTE if not number or least <= abs(number) <= most)


def picked(numbers: Sequence[float], size: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """A tensor of numbers from a list, in float64."""
    return torch.tensor(numbers, dtype=torch.float64)[torch.randint(len(numbers), size, generator=generator)]


def where_rows(chosen: Tensor, structured: Tensor, others: Tensor) -> Tensor:
    """Structured rows where they were chosen, the others elsewhere."""
    return torch.where(chosen.view(-1, *[1] * (others.dim() - 1)), structured, others)
