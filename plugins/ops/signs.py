"""Labels of 0 and 1 as signs of a score."""

import torch
from torch import Tensor


def signed_margin(score: Tensor, target: Tensor) -> Tensor:
    """``(2 t - 1) x``: the score x where the label t is 1, and minus it where it is 0."""
    return (2 * target - 1) * score


def opposed_margin(score: Tensor, target: Tensor) -> Tensor:
    """``(1 - 2 t) x``, minus the signed margin; no difference, in which an infinite slope would turn to NaN."""
    return torch.rsub(target, 1, alpha=2) * score
