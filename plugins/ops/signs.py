"""Labels as signs of scores."""

import torch
from torch import Tensor

from losskit.plugins.ops.classes import one_hot
from losskit.plugins.ops.eager import own_backward


def signed_margin(score: Tensor, target: Tensor) -> Tensor:
    """``(2 t - 1) x``: the score x where the label t is 1, and minus it where it is 0."""
    return (2 * target - 1) * score


def opposed_margin(score: Tensor, target: Tensor) -> Tensor:
    """``(1 - 2 t) x``, minus the signed margin; no difference, in which an infinite slope would turn to NaN."""
    return torch.rsub(target, 1, alpha=2) * score


def turned_where_below(scores: Tensor, label: Tensor) -> Tensor:
    """Scores of thresholds 0 .. K-1, shape (..., K), with the other sign at those below the label, shape (...)."""
    threshold = torch.arange(scores.size(-1), device=scores.device)
    if not torch.jit.is_scripting():  # noqa: SIM102 - a scripted function leaves out what stands under this test alone
        if own_backward(scores, label):  # a product with a sign is a fraction of a choice, forward and backward
            sign = (threshold.to(scores.dtype) - (label.to(scores.dtype).unsqueeze(-1) - 0.5)).sign_()
            return sign * scores
    return _turned(scores, label.unsqueeze(-1) > threshold)


def turned_at_label(scores: Tensor, label: Tensor) -> Tensor:
    """Scores of classes, shape (..., C), with the other sign at the label, shape (...)."""
    if not torch.jit.is_scripting():  # noqa: SIM102
        if own_backward(scores, label):
            return torch.ones_like(scores).scatter_(-1, label.unsqueeze(-1), -1.0) * scores
    return _turned(scores, one_hot(label, scores.size(-1)))


def _turned(scores: Tensor, where: Tensor) -> Tensor:
    """Scores with the other sign where a mask holds: a product, for runtimes choose between numbers at many times its cost."""
    return torch.rsub(where.to(scores.dtype), 1, alpha=2) * scores
