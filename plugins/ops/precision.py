"""Precision: half-precision inputs are computed in float32, and autocast does not narrow what is computed with them."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def widen(x: Tensor) -> Tensor:
    """``x`` in float32 if it is float16 or bfloat16, else as it is."""
    if x.dtype == torch.float16 or x.dtype == torch.bfloat16:
        return x.float()
    return x


def full_matmul(a: Tensor, b: Tensor) -> Tensor:
    """``a @ b`` in the precision of ``a`` and ``b``, also under autocast."""
    if not torch.jit.is_scripting():
        with without_autocast(a.device):
            return torch.matmul(a, b)
    return torch.matmul(a, b)


def without_autocast(device: torch.device) -> AbstractContextManager[None]:
    """Nothing is narrowed on the device within; a kind of device that has no autocast needs nothing."""
    if not torch.amp.is_autocast_available(device.type) or not torch.is_autocast_enabled(device.type):
        return nullcontext()
    off: AbstractContextManager[None] = torch.autocast(device.type, enabled=False)
    return off


def resolution(x: Tensor) -> float:
    """The relative distance of neighbouring numbers of float64, or of float32 for every other dtype.

    TorchScript has no ``torch.finfo``.
    """
    return 2.0**-52 if x.dtype == torch.float64 else 2.0**-23
