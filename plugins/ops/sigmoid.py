"""Probabilities of one score that keep their digits, and their slopes, at both ends."""

import torch
from torch import Tensor


def sigmoids(x: Tensor) -> tuple[Tensor, Tensor]:
    """``sigmoid(x)`` and ``sigmoid(-x) = 1 - sigmoid(x)`` with full relative accuracy, values and slopes, in graphs too.

    The slope of ``torch.sigmoid`` is ``y (1 - y)``, and y rounds to 1: nothing is left of it from 17 on in single precision.
    ONNX Runtime's sigmoid is off by 1e-7 wherever, and 0 below -18.
    """
    positive = x > 0
    power = torch.exp(torch.where(positive, -x, x))
    larger, smaller = 1 / (1 + power), power / (1 + power)
    return torch.where(positive, larger, smaller), torch.where(positive, smaller, larger)
