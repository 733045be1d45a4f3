"""Coverage: how surely one of several independent samples is the right one."""

import math

import torch
from torch import Tensor

from losskit.plugins.ops.exponential import log_one_minus_exp


def coverage_surprise(log_p: Tensor, samples: float) -> Tensor:
    """``-log(1 - (1 - p)^N)``: how surprising it is that one of N >= 1 samples of probability p hits.

    The slope in ``log_p`` is ``-N (1 - p)^(N-1) p / (1 - (1 - p)^N)``, between -1 (p towards 0) and 0 (p = 1, N > 1).
    Where ``exp(log_p)`` vanishes the value is that of the series ``-log p - log N + (N - 1) p / 2``; at p = 1 the chain
    rule would multiply infinity by 0, so value and slope are 0 there.
    """
    if samples == 1.0:
        return -log_p
    rare = log_p + math.log(samples) < -18.0  # (N p)^2 is below what float64 resolves beside 1
    sure = log_p > -1e-18  # log-softmax resolves no more than 1e-16
    inside = torch.where(rare | sure, -torch.ones_like(log_p), log_p)  # branches not taken need finite gradients, too
    missed = samples * log_one_minus_exp(-inside)
    series = 0.5 * (samples - 1.0) * log_p.exp() - log_p - math.log(samples)
    zero = torch.zeros_like(log_p)
    return torch.where(rare, series, torch.where(sure, zero, -log_one_minus_exp(-missed)))
