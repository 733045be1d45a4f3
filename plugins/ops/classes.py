"""Class ids and scores: picking the label's entry without a gather that wraps around."""

import torch
from torch import Tensor


def one_hot(target: Tensor, classes: int) -> Tensor:
    """Boolean mask of the label, shape (..., classes); ids outside 0..classes-1 mark nothing."""
    return target.unsqueeze(-1) == torch.arange(classes, device=target.device)


def pick(scores: Tensor, target: Tensor) -> Tensor:
    """Entry of each row at its class id, shape ``target.shape``; the ids must be valid."""
    return scores.gather(-1, target.unsqueeze(-1)).squeeze(-1)
