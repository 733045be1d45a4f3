"""The overlap of a predicted set with the labelled one: what Dice coefficients and their kin sum up."""

import torch
from torch import Tensor

from losskit.plugins.ops.exponential import exp_minus_one


def overlap_parts(share: Tensor, missing: Tensor, label: Tensor, squared: bool) -> tuple[Tensor, Tensor]:
    """What each entry adds to ``D - 2 TP`` and to ``D``, for ``D = sum q + sum y`` or ``sum q^2 + sum y^2``.

    The first is ``|q - y|``, or its square: formed as such it is never negative and cancels nothing.

    Args:
        share: predicted membership q in [0, 1].
        missing: ``1 - share``, from a form of its own where that keeps more digits.
        label: whether the entry belongs to the labelled set, boolean or 0 and 1.
        squared: which of the two D is meant.
    """
    gap = torch.where(_is_one(label), missing, share)
    size = share
    if squared:
        gap, size = gap * gap, size * size
    return gap, size + label.to(size.dtype)


def tversky_parts(share: Tensor, missing: Tensor, label: Tensor, alpha: float, beta: float) -> tuple[Tensor, Tensor]:
    """What each entry adds to ``alpha FP + beta FN`` and to ``TP`` more than that; arguments as above."""
    member = _is_one(label)
    wrong = torch.where(member, beta * missing, alpha * share)
    return wrong, torch.where(member, share + wrong, wrong)


def _is_one(label: Tensor) -> Tensor:
    return label if label.dtype == torch.bool else label == 1


def adjusted_shares(log_p: Tensor, log_missing: Tensor, alpha: float, detached: bool) -> tuple[Tensor, Tensor]:
    """``q = (1 - p)^alpha p`` and ``1 - q``, in logarithms: a power of what has underflowed has a slope of NaN.

    Args:
        log_p: logarithm of p.
        log_missing: logarithm of 1 - p, finite; with alpha = 0 the weight is then 1 also where p is.
        alpha: exponent of the weight.
        detached: whether no gradient flows through the weight.
    """
    log_weight = alpha * log_missing
    if detached:
        log_weight = log_weight.detach()
    log_q = log_weight + log_p
    return torch.exp(log_q), -exp_minus_one(log_q)


def weigh(sums: Tensor, weight: Tensor) -> Tensor:
    """``sums`` times ``weight``; what has the weight 0 counts as absent, not-a-number too."""
    return torch.where(weight == 0, torch.zeros_like(sums), sums * weight)
