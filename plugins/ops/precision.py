"""Precision: half-precision inputs are computed in float32."""

import torch
from torch import Tensor


def widen(x: Tensor) -> Tensor:
    """``x`` in float32 if it is float16 or bfloat16, else as it is."""
    if x.dtype == torch.float16 or x.dtype == torch.bfloat16:
        return x.float()
    return x
