"""Sorting, with equal numbers in the order they came in."""

import torch
from torch import Tensor

from losskit.plugins.checks import readable


def ascending(x: Tensor) -> tuple[Tensor, Tensor]:
    """The entries of a vector from the least up, and their places; not-a-number comes last."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if readable(x) and x.dtype in (torch.float32, torch.float64) and x.numel() and bool(x.sum().isfinite()):
            order = torch.sort(_keys(x.detach()), stable=True, dim=0)[1]
            return x.gather(0, order), order
    values, order = torch.sort(x, stable=True, dim=0)
    return values, order


def _keys(x: Tensor) -> Tensor:
    """Integers in the same order, which sort in less than half the time: the bits, below 0 all but the sign flipped."""
    bits = (x + 0.0).view(torch.int64 if x.dtype == torch.float64 else torch.int32)  # of -0 that makes 0, its equal
    whole = torch.iinfo(bits.dtype)
    return bits ^ ((bits >> (whole.bits - 1)) & whole.max)
