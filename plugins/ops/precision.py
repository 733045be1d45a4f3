"""Precision: half-precision inputs are computed in float32, and autocast does not narrow what is computed with them."""

import torch
from torch import Tensor


def widen(x: Tensor) -> Tensor:
    """``x`` in float32 if it is float16 or bfloat16, else as it is."""
    if x.dtype == torch.float16 or x.dtype == torch.bfloat16:
        return x.float()
    return x


def full_matmul(a: Tensor, b: Tensor) -> Tensor:
    """``a @ b`` in the precision of ``a`` and ``b``, also under autocast."""
    if not torch.jit.is_scripting():  # noqa: SIM102 - TorchScript would compile the other side of an and
        if torch.is_autocast_enabled(a.device.type):
            with torch.autocast(a.device.type, enabled=False):
                return torch.matmul(a, b)
    return torch.matmul(a, b)


def resolution(x: Tensor) -> float:
    """The relative distance of neighbouring numbers of float64, or of float32 for every other dtype.

    TorchScript has no ``torch.finfo``.
    """
    return 2.0**-52 if x.dtype == torch.float64 else 2.0**-23
