"""How much of a value's range a panel shows: one steep curve must not flatten everything beside it."""

from __future__ import annotations

import torch
from torch import Tensor

ROOM = 0.06  # above and below the curves
TALL = 3.0  # times the middle curve's height that a panel shows at most


def limits(curves: list[Tensor]) -> tuple[float, float]:
    """Lower and upper end of an axis for curves with any number of values, infinite ones included."""
    ends = [(float(v.min()), float(v.max())) for v in (curve[curve.isfinite()] for curve in curves) if len(v)]
    if not ends:
        return -1.0, 1.0
    low, high = min(e[0] for e in ends), max(e[1] for e in ends)
    heights = sorted(e[1] - e[0] for e in ends)
    usual = TALL * heights[len(heights) // 2]
    if len(ends) > 2 and 0 < usual < high - low:
        inner_low, inner_high = sorted(e[0] for e in ends)[len(ends) // 2], sorted(e[1] for e in ends)[len(ends) // 2]
        low, high = max(low, inner_high - usual), min(high, inner_low + usual)
    if high - low <= 1e-9 * max(abs(high), abs(low)) or high == low:
        half = max(abs(high), 1.0) / 2  # a constant is drawn as one, not as its rounding
        low, high = low - half, high + half
    room = ROOM * (high - low)
    return low - room, high + room


def field_limits(values: Tensor) -> tuple[float, float]:
    """The same for a field: corners where it grows beyond all others are cut."""
    low, high = float(values.min()), float(values.max())
    first, last = (float(q) for q in torch.quantile(values, torch.tensor([0.05, 0.95], dtype=values.dtype)))
    if last - first > 0.02 * (high - low):
        low, high = max(low, first - 0.6 * (last - first)), min(high, last + 0.6 * (last - first))
    return (low, high) if high - low > 1e-9 * max(1.0, abs(high)) else (low - 0.5, high + 0.5)
